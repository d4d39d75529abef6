"""Makes english.csv, the list of English words by CEFR band.

    python3 -m venv /tmp/words && /tmp/words/bin/pip install cefrpy==1.0.3 lemminflect==0.2.3 nltk==3.10.4
    apt-get download scowl && dpkg -x scowl_2020.12.07-2_all.deb /tmp/scowl
    /tmp/words/bin/python content/words/make.py /tmp/scowl/usr/share/dict/scowl > content/words/english.csv

The bands are those of the data of cefrpy, whose hash is checked. They have four sources, which cefrpy doesn't tell apart:

- of words of the CEFR-J Wordlist, A1 to B2, its own band, by part of speech: a whole number;
- of other parts of speech and of forms of such a word, the mean of what is known: often a whole number, too;
- of words that share a stem with such words, the mean of those, which makes "rationality" as easy as "rat";
- of all others, how frequent they are in Google's books. Of those that are too rare for it, 6.0.

What is kept is what can be trusted, by spelling lists that are graded by how common a word is (SCOWL: 20 and less are the commonest
12,800 forms, 35 a small dictionary of 51,000), by what is a form of what (LemmInflect) and by what shares a stem (Lancaster):

- a whole number from 1 to 4, if no shorter word with that stem and band can be where it comes from, or if the word is so common that
  CEFR-J lists it in most cases;
- as C1, what is in none of the lists up to B2 and yet common: in the commonest spelling list, or frequent enough for a level below
  the 6.0 that ends the scale. It stands for "beyond B2": how common a word is doesn't tell C1 from C2, nor does it tell much of rare words.

docs/grammar.md says how good that is.
"""

import csv
import glob
import hashlib
import os
import re
import sys

import cefrpy
from lemminflect import getAllLemmas
from nltk.stem import LancasterStemmer

DATA = "21866e2f58a859ca5d62d402c850729ef0919b0ff673384fd6d1437bdc9f6a38"
NAMES = ("NNP", "NNPS")
BANDS = ["A1", "A2", "B1", "B2", "C1"]
# Sizes of SCOWL: what counts as common, and what as known at all.
COMMON, KNOWN = 20, 35
# What a word may have been made with. The forms of verbs and adjectives are found by their headwords.
PREFIX = re.compile(
    "^(?:un|non|re|over|sub|de|dis|inter|out|pre|mis|in|im|ir|il|anti|super|semi|under|co|ex|fore|self|counter|trans|up|down|mid)"
    "(.{3,})$"
)
SUFFIX = re.compile("(.{3,}?)(?:s|ths|e?d|e?r|e?st|ing|ly|ness)$")
FORM = re.compile("(.{3,}?)(?:e?s|ed|ing|est)$")
# By hand, after a comparison with CEFR-J 1.5. What every beginner's course has and the data hasn't, or has wrong:
ADDED = """
A1 I hello goodbye o'clock café cafe cannot zero yes OK TV CD DVD Mr Mrs Ms wow yeah clothes news maths grandma grandpa
A1 Sunday Monday Tuesday Wednesday Thursday Friday Saturday January February March April June July August September October November
A1 December building meeting evening
A2 congratulations eighth false fridge gonna kilometer kilometre oven PC selfie sometimes sweater towards wanna website
"""
# What came to A1 or A2 and isn't in CEFR-J, or came to C1, and belongs neither there nor clearly anywhere else.
DROPPED = """
acorn ah allowable amber ark arse atlas authorization barred barring barrister beet beetle beta bitch boding bog bugger cam
cant capsize cart cater centrally chalk charter chestnut cigar cleanly clothe comma computerize considerate consistency
consistently cornea crossroad crossword crystal cs cuckoo cuddly custard customary debatable debug debugger decently decimal
default deform deletion denote dependant dependence designate diner discard disillusionment disincentive dismissal
dispassionate dissension dissimilar dissonance doe don dos downhearted dragon driveway eyesore factual factually fairness
familiarity finalize fizzy fling fluffy forestalls formulation fortress furry gals gardenia goldfish goody grammatical greasy
hangover harden healthful hearse heather heaving heroic hes hideous hideously ho hose huh hum illusion illusory impale
impasse imperfect impersonal impetus incapable inconsistency inconsistent industrialist info informally inherent inherently
injustice insignia insignificant instrumental intercontinental interdependent intramural jack justifiable justifiably
justification kidnap kindergarten lad lading lager legible lesser lioness locally maid makeup mania manually medallion median
mes metallic metro mismatch misread misrepresentation mistakenly mole momentum motel mummify mummy mysteriously namely
nationally newsletter normality northerly notable notably notation noticeably notification notify oh ohs orchard overdose
ownership paperback parallels pat perfection periodic periodically petrify pigeon pinch pivot planetary pony postmark
postscript presume prodigal productivity profane programmable proverbial putt pyramid python rationally readable readership
rebate rectangle recuperate reformat relegate remission renewal repeatable repetitious reproduction repute reread resent
resonance restrictive resumption reverberate rust sadden saddle saki scout seemingly seventeenth sicken sideways singularly
smelly snail sneaky socialism southerly speciality spigot spit staid staircase starter stealth stereo storey subjective
submission subscribe succession successor suitability suite swap teapot telepathic terrier terriers textual thankfully thee
transcontinental trouser twelfth twelfths typewriter tyre ugh ultrasonic unavoidable undamaged underlies underlying underrate
uneasiness unfasten unfavorable unfavourable uniformly unimpressed unjustified unlawful unmarked unnoticed unpopularity
unread unreadable unreasonably unseemly unseen unsightly unspeakable unthinkable unused unworkable upside variables vinyl
wade warrant wee whilst wont workable wren yoke yourselves
"""


def spellings(directory):
    """Each word in lower case that is spelt so in Britain or America, and the smallest list that it is in."""
    sizes = {}
    for path in glob.glob(os.path.join(directory, "*-words.*")):
        kind, size = os.path.basename(path).split("-words.")
        if kind in ("english", "american", "british", "british_z") and int(size) <= KNOWN:
            with open(path, encoding="latin-1") as words:
                for word in words.read().split():
                    sizes[word] = min(int(size), sizes.get(word, KNOWN))
    return sizes


def levels():
    """The levels of each word by part of speech."""
    found = {}
    analyzer = cefrpy.CEFRAnalyzer()
    for word, tag, level in analyzer.yield_word_pos_level(pos_tag_as_string=True, word_level_as_float=True):
        found.setdefault(word, {})[tag] = level
    return found


def bases(word, pattern):
    """What a word may have been before something was put in front of it or behind."""
    rest = pattern.match(word)
    return {rest[1], rest[1] + "e", re.sub("i$", "y", rest[1]), re.sub(r"(.)\1$", r"\1", rest[1])} if rest else set()


def lemmas(word):
    return {lemma for lemmas in getAllLemmas(word).values() for lemma in lemmas}


def listed(sizes):
    """What is kept: word and band."""
    found = {word: levels for word, levels in levels().items() if word in sizes and (len(word) > 1 or word == "a")}
    # Whole levels that CEFR-J has. Many a noun was taken for a name there ("sandwich"); what is spelt small is none.
    whole = {word: {level for level in tags.values() if level in (1, 2, 3, 4)} for word, tags in found.items()}
    whole = {word: levels for word, levels in whole.items() if levels}
    stem = LancasterStemmer().stem
    families = {}
    for word in whole:
        families.setdefault(stem(word), []).append(word)

    def has_band_of(word, sources):
        return any(whole[word] & whole[other] for other in sources & whole.keys() - {word})

    for word, size in sizes.items():
        if word in whole:
            # The forms of a word are found by it.
            if has_band_of(word, bases(word, FORM)):
                continue
            family = {other for other in families[stem(word)] if len(other) <= len(word)}
            sources = family | lemmas(word) | bases(word, PREFIX) | bases(word, SUFFIX)
            if size <= COMMON or not has_band_of(word, sources):
                yield word, BANDS[int(min(whole[word])) - 1]
            continue
        level = min((level for tag, level in found.get(word, {}).items() if tag not in NAMES), default=0)
        if level >= 4.5 and (size <= COMMON or level < 6) and lemmas(word) <= {word}:
            yield word, "C1"


def main():
    data = os.path.join(os.path.dirname(cefrpy.__file__), "data.bin")
    with open(data, "rb") as file:
        if hashlib.sha256(file.read()).hexdigest() != DATA:
            sys.exit(f"{data} is not that of cefrpy 1.0.3")
    bands = dict(listed(spellings(sys.argv[1])))
    for word in DROPPED.split():
        bands.pop(word, None)
    for line in ADDED.split("\n"):
        band, *words = line.split() or [None]
        for word in words:
            bands.pop(word.lower(), None)
            bands[word] = band
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("headword", "pos", "CEFR"))
    # Which part of speech a band is of isn't known: where they differ, the lowest.
    out.writerows((word, "", bands[word]) for word in sorted(bands, key=str.lower))


main()
