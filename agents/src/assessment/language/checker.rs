//! Everybody who can judge a text, asked at once and waited for a bounded time.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::identification::is_foreign;
use super::languagetool::LanguageTool;
use super::remarks::{Evidence, Finding, Remarks, Request, Source};
use super::reviewer::Reviewer;
use super::rules::{Grammars, SPELLING};
use super::score;
use super::spelling::Spelling;
use crate::assessment::vocabulary::{self, Band, BandList, Profile};
use crate::language::Language;

/// The rules, and the services that add to them.
#[derive(Clone, Debug)]
pub struct Checker {
    grammars: Arc<Grammars>,
    spelling: Option<Arc<Spelling>>,
    languagetool: Option<Arc<LanguageTool>>,
    reviewer: Option<Arc<Reviewer>>,
    bands: Option<Arc<BandList>>,
    deadline: Duration,
}

/// In bytes. A longer text is judged by the rules alone, and by those only as far as they read.
const LONGEST_FOR_SERVICES: usize = 4000;

impl Checker {
    /// How long services are waited for, unless it is said otherwise: what else is known of a turn is told within a second of it.
    pub const DEADLINE: Duration = Duration::from_millis(700);

    /// The rules alone.
    pub fn new(grammars: Arc<Grammars>) -> Self {
        Self {
            grammars,
            spelling: None,
            languagetool: None,
            reviewer: None,
            bands: None,
            deadline: Self::DEADLINE,
        }
    }

    /// The same with the dictionaries of the system.
    pub fn with_spelling(mut self, spelling: Spelling) -> Self {
        self.spelling = Some(Arc::new(spelling));
        self
    }

    /// The same with a LanguageTool server.
    pub fn with_languagetool(mut self, languagetool: LanguageTool) -> Self {
        self.languagetool = Some(Arc::new(languagetool));
        self
    }

    /// The same with a language model.
    pub fn with_reviewer(mut self, reviewer: Reviewer) -> Self {
        self.reviewer = Some(Arc::new(reviewer));
        self
    }

    /// The same with another list of English words by CEFR band than the one that is built in.
    pub fn with_bands(mut self, bands: BandList) -> Self {
        self.bands = Some(Arc::new(bands));
        self
    }

    /// The same with another deadline.
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Somebody is about to write in a language: what is read once for it is read now, in the background.
    pub fn read_ahead(&self, language: Language) {
        if let Some(spelling) = &self.spelling {
            spelling.read_ahead(language);
        }
    }

    /// The rules, for whoever can't wait for services.
    pub fn grammars(&self) -> &Arc<Grammars> {
        &self.grammars
    }

    /// Who is asked about texts in a language, in order of trust.
    pub fn sources(&self, language: Language) -> Vec<Source> {
        let spells = |spelling: &Arc<Spelling>| spelling.languages().contains(&language);
        let asked = [
            (Source::Rules, self.grammars.grammar(language).is_some()),
            (Source::Dictionary, self.spelling.as_ref().is_some_and(spells)),
            (Source::LanguageTool, self.languagetool.is_some()),
            (Source::Model, self.reviewer.is_some()),
        ];
        let asked = asked.into_iter().filter(|(_, is_asked)| *is_asked);
        asked.map(|(source, _)| source).collect()
    }

    /// What can be told about a text, by the deadline at the latest: who has not answered by then has no part in it, and a service
    /// that keeps doing so is left alone for a while. Whoever loses interest drops the future, and the requests with it.
    pub async fn check(&self, request: &Request) -> Remarks {
        let judgement = self.grammars.judge(&request.text, request.language, request.native);
        let has_rules = judgement.is_some();
        let judgement = judgement.unwrap_or_default();
        let words = match has_rules {
            true => judgement.words,
            false => vocabulary::words(&request.text, request.language),
        };
        let is_short = request.text.len() <= LONGEST_FOR_SERVICES && words > 0;
        let patience = self.deadline;
        let spelling = async { self.spelling.as_ref().filter(|_| is_short)?.check(request).await };
        // Services keep the time themselves: one that is slow is away.
        let languagetool = async {
            self.languagetool
                .as_ref()
                .filter(|_| is_short)?
                .check(request, patience)
                .await
        };
        let reviewer = async {
            self.reviewer
                .as_ref()
                .filter(|_| is_short)?
                .check(request, patience)
                .await
        };
        let (spelling, languagetool, reviewer) = futures::join!(timeout(patience, spelling), languagetool, reviewer);
        let spelled = spelling.ok().flatten();
        let has_unknown = spelled.as_ref().is_some_and(|spelled| spelled.has_unknown);
        let mut spelling = spelled.map(|spelled| spelled.findings);
        // Words of a third language are no misspellings of this one.
        if let Some(found) = spelling.as_mut().filter(|found| !found.is_empty())
            && is_foreign(&request.text, request.language)
        {
            found.clear();
        }
        for finding in spelling
            .iter_mut()
            .flatten()
            .filter(|_| request.native != request.language)
        {
            self.grammars.explain(finding, SPELLING, request.native);
        }
        let read_all = languagetool.is_some() || reviewer.is_some();
        let mut evidence = Evidence {
            words,
            judged: if read_all { words } else { judgement.judged },
            // Which form of a word a misspelling is meant to be, rules can't tell.
            is_doubtful: !read_all && (judgement.is_doubtful || has_unknown),
            ..Evidence::default()
        };
        let rules = has_rules.then_some(judgement.findings);
        let answers = [
            (Source::Rules, rules),
            (Source::Dictionary, spelling),
            (Source::LanguageTool, languagetool),
            (Source::Model, reviewer),
        ];
        let mut found = Vec::new();
        for (source, answer) in answers {
            if let Some(answer) = answer {
                evidence.sources.push(source);
                found.push(answer);
            }
        }
        let findings = merge(found);
        let score = score::grammar(&findings, &evidence, has_rules || read_all);
        evidence.withheld = score.err();
        evidence.vocabulary = self.profile(request);
        let band = evidence.vocabulary.as_ref().and_then(|profile| profile.band);
        let measured = || vocabulary::level_of(&request.text, request.language, request.taught_words);
        Remarks {
            grammar_score: score.ok(),
            vocabulary_level: band.map_or_else(measured, Band::level),
            findings,
            evidence,
        }
    }

    /// The bands of a text's words; nothing in a language that there is no list of.
    fn profile(&self, request: &Request) -> Option<Profile> {
        if request.language != Language::English {
            return None;
        }
        Some(match &self.bands {
            Some(bands) => bands.profile(&request.text),
            None => BandList::built_in().profile(&request.text),
        })
    }
}

/// What several sources found, those before first: of what overlaps, the earlier source's stands. In the order of the text.
fn merge(found: Vec<Vec<Finding>>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::new();
    for finding in found.into_iter().flatten() {
        let is_free = |other: &Finding| other.span.end <= finding.span.start || other.span.start >= finding.span.end;
        if merged.iter().all(is_free) {
            merged.push(finding);
        }
    }
    merged.sort_by_key(|finding| finding.span.start);
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::assessment::language::{Certainty, Code, Kind, Withheld};
    use crate::scenario::Level;

    fn request(text: &str, language: Language) -> Request {
        Request {
            text: text.to_owned(),
            language,
            native: Language::German,
            is_typed: false,
            known_words: Vec::new(),
            taught_words: 0,
        }
    }

    fn checker() -> Checker {
        Checker::new(Arc::new(Grammars::built_in()))
    }

    #[test]
    fn who_is_asked_depends_on_the_language() {
        assert_eq!(checker().sources(Language::French), [Source::Rules]);
        assert_eq!(checker().sources(Language::Japanese), []);
        let dir = tempfile::tempdir().unwrap();
        for name in ["de_DE.aff", "de_DE.dic"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let spelling = checker().with_spelling(Spelling::new(Some(dir.path().to_owned())));
        assert_eq!(spelling.sources(Language::German), [Source::Rules, Source::Dictionary]);
        assert_eq!(spelling.sources(Language::French), [Source::Rules]);
    }

    #[tokio::test]
    async fn the_rules_alone_tell_faults_with_their_evidence() {
        let remarks = checker()
            .check(&request("Je voudrais un table pour deux.", Language::French))
            .await;
        let [finding] = remarks.findings.as_slice() else {
            panic!("one fault: {remarks:?}");
        };
        assert_eq!((finding.word.as_str(), finding.suggestion.as_str()), ("un", "une"));
        assert_eq!(finding.code.as_str(), "R:DET");
        assert!(
            finding
                .explanation_native
                .as_deref()
                .is_some_and(|text| text.contains("„une“"))
        );
        assert_eq!(remarks.grammar_score, Some(67));
        assert_eq!(remarks.evidence.sources, [Source::Rules]);
        let right = checker()
            .check(&request("Je voudrais une table pour deux.", Language::French))
            .await;
        assert_eq!((right.grammar_score, right.evidence.withheld), (Some(100), None));
    }

    #[tokio::test]
    async fn without_evidence_nothing_is_praised() {
        for (text, language, withheld) in [
            ("Bonjour", Language::French, Withheld::TooFewWords),
            ("", Language::French, Withheld::TooFewWords),
            (
                "Oui, avec plaisir, merci bien",
                Language::French,
                Withheld::NothingToJudge,
            ),
            ("Eu queria uma mesa para dois", Language::Portuguese, Withheld::NoRules),
            ("我要一杯茶", Language::Chinese, Withheld::NoRules),
        ] {
            let remarks = checker().check(&request(text, language)).await;
            assert_eq!(remarks.grammar_score, None, "{text}");
            assert_eq!(remarks.evidence.withheld, Some(withheld), "{text}");
        }
    }

    #[tokio::test]
    async fn english_words_have_the_level_of_their_bands_by_the_operators_list_or_the_one_built_in() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("words.csv");
        let words = "headword,pos,CEFR\nwe,pronoun,A1\nmust,modal auxiliary,A1\nthe,determiner,A1\npostpone,verb,B2\n";
        std::fs::write(&file, words).expect("it is written");
        let checker = checker().with_bands(BandList::read(&file).expect("a list"));
        let text = "We must postpone the party.";
        let remarks = checker.check(&request(text, Language::English)).await;
        let profile = remarks.evidence.vocabulary.expect("most of it is listed");
        assert_eq!((profile.band, profile.unlisted), (Some(Band::B2), 1));
        assert_eq!(profile.hardest.first(), Some(&("postpone".to_owned(), Band::B2)));
        assert_eq!(remarks.vocabulary_level, Level::Intermediate);
        // What is built in has all words of it.
        let remarks = super::tests::checker().check(&request(text, Language::English)).await;
        let profile = remarks.evidence.vocabulary.expect("it is English");
        assert_eq!((profile.band, profile.unlisted), (Some(Band::B2), 0), "{profile:?}");
        // Measured, it is a beginner's; so it is in another language, and where little is listed.
        for (text, language) in [
            (text, Language::French),
            ("Postpone London, Paris and Rome!", Language::English),
        ] {
            let remarks = checker.check(&request(text, language)).await;
            let band = remarks.evidence.vocabulary.map(|profile| profile.band);
            assert_eq!(band, (language == Language::English).then_some(None), "{text}");
            assert_eq!(remarks.vocabulary_level, Level::Beginner, "{text} {language}");
        }
    }

    fn finding(span: std::ops::Range<usize>, source: Source) -> Finding {
        Finding {
            kind: Kind::Grammar,
            code: Code::other(),
            span,
            word: String::new(),
            suggestion: String::new(),
            explanation: String::new(),
            explanation_native: None,
            source,
            rule: String::new(),
            certainty: Certainty::Medium,
        }
    }

    proptest! {
        #[test]
        fn merged_findings_are_in_order_and_never_overlap(spans in prop::collection::vec((0usize..40, 1usize..6, 0usize..3), 0..12)) {
            let mut found = vec![Vec::new(), Vec::new(), Vec::new()];
            let sources = [Source::Rules, Source::LanguageTool, Source::Model];
            for (start, length, source) in spans {
                found[source].push(finding(start..start + length, sources[source]));
            }
            let first = found.iter().flatten().next().cloned();
            let merged = merge(found);
            prop_assert!(merged.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
            prop_assert!(first.is_none_or(|first| merged.contains(&first)));
        }
    }
}
