//! How many people an answer speaks of.

use super::*;

#[test]
fn people_of_several_kinds_are_that_many_people() {
    for (language, answers) in [
        (
            Language::English,
            [
                ("Two adults and three children", Some("five people")),
                ("We are two adults and a child", Some("three people")),
                ("There will be four, no, five of us", Some("five people")),
                ("A table for four, please", Some("four people")),
                ("A table for six adults and seven children", Some("13 people")),
            ],
        ),
        (
            Language::French,
            [
                ("Deux adultes et un enfant", Some("trois personnes")),
                ("Nous serons quatre, non, cinq", Some("cinq personnes")),
                ("Une table pour deux et un bébé", Some("trois personnes")),
                ("Nous sommes trois", Some("trois personnes")),
                ("Cinq personnes, avec deux enfants", Some("cinq personnes")),
            ],
        ),
        (
            Language::German,
            [
                ("Wir sind zwei Erwachsene und drei Kinder", Some("fünf Personen")),
                ("Vier, nein, fünf Personen", Some("fünf Personen")),
                ("Meine Frau und ich", Some("zwei Personen")),
                ("Meine Frau, ich und zwei Kinder", Some("vier Personen")),
                ("Ein Tisch für drei, bitte", Some("drei Personen")),
            ],
        ),
        (
            Language::Spanish,
            [
                ("Somos dos adultos y un niño", Some("tres personas")),
                ("Cuatro, no, perdón, cinco personas", Some("cinco personas")),
                ("Somos cuatro, incluidos dos niños", Some("cuatro personas")),
                ("Una mesa para dos", Some("dos personas")),
                ("No, somos tres", Some("tres personas")),
            ],
        ),
        (
            Language::Italian,
            [
                ("Due adulti e un bambino", Some("tre persone")),
                ("Siamo in quattro, anzi, in cinque", Some("cinque persone")),
                ("Io, mia moglie e due figli", Some("quattro persone")),
                ("Un tavolo per due", Some("due persone")),
                ("Siamo in tre", Some("tre persone")),
            ],
        ),
    ] {
        for (text, party) in answers {
            let found = filled("restaurant", language, "welcoming_guests", "party", text);
            assert_eq!(found.as_deref(), party, "{language} {text}");
        }
    }
    for (text, party) in [
        ("Four, no, two adults and a child", Some("three people")),
        ("There are two of us and a baby", Some("three people")),
        ("A table for four, and I'd like to sit outside", Some("four people")),
    ] {
        let found = filled("restaurant", Language::English, "welcoming_guests", "party", text);
        assert_eq!(found.as_deref(), party, "{text}");
    }
}

#[test]
fn how_many_people_there_are_is_taken_up_as_it_was_said() {
    for (language, answers) in [
        (
            Language::English,
            &[
                ("A table for 15, please", "15 people"),
                ("A table for fifteen, please", "15 people"),
                ("We are a party of twelve", "12 people"),
                ("There are twenty-two of us", "22 people"),
                ("There will be nine people", "9 people"),
                ("Do you have a table for ten?", "10 people"),
                ("We're ten", "10 people"),
                ("Twelve", "12 people"),
                ("12, please", "12 people"),
                ("Ten adults and two children", "12 people"),
                ("Fifteen adults and three children", "18 people"),
                ("A table for 15 at eight o'clock", "15 people"),
                ("A table for four, no, for fifteen", "15 people"),
                ("A table for fifteen, no, for four", "four people"),
                ("We are eight", "eight people"),
                ("There will be seven", "seven people"),
                ("Seven", "seven people"),
                ("Seven!", "seven people"),
                ("Eight, please", "eight people"),
                ("One, please", "one person"),
                ("Four, no, eight", "eight people"),
                ("Four, no, fifteen", "15 people"),
                ("At nine fifteen people", "15 people"),
                ("At nine two people", "two people"),
                ("At eight 15 people", "15 people"),
                ("A table for two at eight p.m.", "two people"),
                ("A table for two. Am I late?", "two people"),
                ("Two adults and a child at eight o'clock", "three people"),
                ("Two adults and a child, aged 15", "three people"),
            ][..],
        ),
        (
            Language::French,
            &[
                ("Une table pour quinze, s'il vous plaît", "15 personnes"),
                ("Nous sommes douze.", "12 personnes"),
                ("On est dix-sept ce soir", "17 personnes"),
                ("Une table pour 20", "20 personnes"),
                ("Avez-vous de la place pour vingt et un ?", "21 personnes"),
                ("Nous serons quatre-vingts personnes", "80 personnes"),
                ("Nous serons quatre-vingt personnes", "80 personnes"),
                ("Nous serons quatre-vingt-deux", "82 personnes"),
                ("Vingt et une personnes", "21 personnes"),
                ("Nous serons sept", "sept personnes"),
                ("C'est pour un groupe de sept", "sept personnes"),
                ("Sept couverts, s'il vous plaît", "sept personnes"),
                ("Huit, s'il vous plaît", "huit personnes"),
                ("À neuf heures deux personnes", "deux personnes"),
                ("Deux personnes, à huit heures", "deux personnes"),
            ],
        ),
        (
            Language::Spanish,
            &[
                ("Somos doce", "12 personas"),
                ("Una mesa para 12 personas", "12 personas"),
                ("Somos treinta y dos", "32 personas"),
                ("¿Tienen sitio para quince?", "15 personas"),
                ("Somos treinta y una", "31 personas"),
                ("Somos treinta y un adultos", "31 personas"),
                ("Somos veintiuna", "21 personas"),
                ("Somos veintiún adultos y dos niños", "23 personas"),
                ("Somos un grupo de siete", "siete personas"),
                ("Siete, por favor", "siete personas"),
                ("Somos dos a las ocho y media", "dos personas"),
            ],
        ),
        (
            Language::German,
            &[
                ("Wir sind zwölf Personen", "12 Personen"),
                ("Einen Tisch für fünfzehn, bitte", "15 Personen"),
                ("Wir sind zu neunt", "9 Personen"),
                ("Wir sind zu neunt, nein, zu zehnt", "10 Personen"),
                ("Wir sind zu zehnt, acht Erwachsene und zwei Kinder", "10 Personen"),
                ("Wir sind zu zehnt und ich möchte draußen sitzen", "10 Personen"),
                ("Wir sind zu neunt mit zwei Kindern", "9 Personen"),
                ("Wir sind zu siebt", "sieben Personen"),
                ("Wir sind eine Gruppe von sieben", "sieben Personen"),
                ("Sieben, bitte", "sieben Personen"),
                ("Um neun zwei Personen", "zwei Personen"),
                ("Um neun eine Person", "eine Person"),
                ("Wir sind eine Gruppe von 20", "20 Personen"),
                ("Wir sind zweiundzwanzig", "22 Personen"),
                ("Einen Tisch für acht, bitte", "acht Personen"),
            ],
        ),
        (
            Language::Italian,
            &[
                ("Siamo in dodici", "12 persone"),
                ("Un tavolo per 12", "12 persone"),
                ("Un tavolo per quindici, per favore", "15 persone"),
                ("Siamo in ventidue", "22 persone"),
                ("Siamo ventun persone", "21 persone"),
                ("Siamo in trentuno", "31 persone"),
                ("Saremo in sette", "sette persone"),
                ("Otto, per favore", "otto persone"),
                ("Alle nove due persone", "due persone"),
                ("Siamo in due ora", "due persone"),
                ("Siamo in due, ora arriviamo", "due persone"),
            ],
        ),
    ] {
        let script = script("restaurant", language);
        for (text, party) in answers {
            let (reply, after) = script.respond(&Progress::default(), &typed(text));
            assert_eq!(
                after.slots.get("party").map(String::as_str),
                Some(*party),
                "{language} {text}"
            );
            assert!(reply.text.contains(party), "{language} {text}: {}", reply.text);
            assert_eq!((after.step, after.reprompts), (1, 0), "{language} {text}");
            let (count, _) = party.split_once(' ').expect("a number of people");
            let is_told = language == Language::English || reply.translation.contains(&format!("{count} people"));
            let is_listed = count.parse::<usize>().is_err();
            assert!(is_told || is_listed, "{language} {text}: {}", reply.translation);
        }
    }
}

#[test]
fn a_number_of_anything_else_is_no_number_of_people() {
    for (language, answers) in [
        (
            Language::English,
            &[
                ("Yes, we have a reservation at nine o'clock", 1),
                ("We have a reservation for nine o'clock", 1),
                ("I booked a table for 19:30", 1),
                ("xyzzy 12 xyzzy", 0),
                ("xyzzy seven xyzzy", 0),
                ("We have a reservation at nine p.m.", 1),
                ("999 adults and 999 children", 0),
            ][..],
        ),
        (
            Language::French,
            &[
                ("Oui, j'ai une réservation pour vingt heures", 1),
                ("J'ai réservé pour 20 h", 1),
            ],
        ),
        (
            Language::Spanish,
            &[
                ("Hemos reservado para las nueve", 1),
                ("Tengo una reserva para las 21:30", 1),
            ],
        ),
        (
            Language::German,
            &[
                ("Wir haben für neun Uhr reserviert", 1),
                ("Wir haben eine Reservierung um 20 Uhr", 1),
                ("Ich habe um zehn reserviert", 1),
            ],
        ),
        (
            Language::Italian,
            &[
                ("Ho prenotato per le nove", 1),
                ("Abbiamo una prenotazione alle 20:30", 1),
            ],
        ),
    ] {
        let script = script("restaurant", language);
        for &(text, step) in answers {
            let (reply, after) = script.respond(&Progress::default(), &typed(text));
            assert_eq!(after.slots.get("party"), None, "{language} {text}: {}", reply.text);
            assert_eq!(after.step, step, "{language} {text}: {}", reply.text);
        }
    }
    let two = filled(
        "restaurant",
        Language::English,
        "welcoming_guests",
        "party",
        "A table for two, 19:30",
    );
    assert_eq!(two.as_deref(), Some("two people"));
}
