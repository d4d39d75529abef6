//! What people may well say at work.

use super::*;

#[test]
fn what_candidates_say_in_an_interview_is_understood() {
    understood!("job_interview":
        French {
            0: [("je suis infirmière à l'hôpital", Fills("field", "la santé")), ("j'ai étudié la philosophie", Means("any"))]
            1: [("en quoi consiste le poste exactement ?", Means("ask_role")), ("parce que votre entreprise est connue", Means("any"))]
            3: [("je suis très organisée", Fills("strength", "le sens de l'organisation")), ("je travaille bien sous pression", Fills("strength", "le calme"))]
            6: [("40 000 euros", Fills("salary", "quarante mille euros")), ("soixante mille euros", Means("amount")), ("que proposez-vous ?", Means("ask_range"))]
            7: [("non", Means("none")), ("pas de question", Means("none")), ("combien de personnes y a-t-il dans l'équipe ?", Means("ask_team")), ("est-ce que le télétravail est possible ?", Means("ask_home_office"))]
        }
        English {
            0: [("I'm a nurse in a hospital", Fills("field", "health care")), ("I studied philosophy", Means("any"))]
            1: [("what would my duties be?", Means("ask_role")), ("because your company is famous", Means("any"))]
            3: [("I'm very organised", Fills("strength", "your organisation")), ("I work well under pressure", Fills("strength", "staying calm"))]
            6: [("40k", Fills("salary", "forty thousand")), ("sixty thousand pounds", Means("amount")), ("what do you have in mind?", Means("ask_range"))]
            7: [("no", Means("none")), ("nothing, thanks", Means("none")), ("how many people are on the team?", Means("ask_team")), ("can I work remotely?", Means("ask_home_office"))]
        }
        Spanish {
            0: [("soy enfermera", Fills("field", "la sanidad")), ("he estudiado filosofía", Means("any"))]
            3: [("soy muy organizada", Fills("strength", "la organización"))]
            6: [("40.000 euros", Fills("salary", "cuarenta mil euros")), ("¿cuánto ofrecen ustedes?", Means("ask_range"))]
            7: [("no", Means("none")), ("¿hay teletrabajo?", Means("ask_home_office")), ("¿cuándo empiezo?", Means("ask_next"))]
        }
        German {
            0: [("ich bin Lehrerin", Fills("field", "Bildung")), ("ich habe Philosophie studiert", Means("any"))]
            3: [("ich bin sehr zuverlässig", Fills("strength", "Ihre Zuverlässigkeit"))]
            6: [("50.000 Euro", Fills("salary", "fünfzigtausend Euro")), ("was bieten Sie?", Means("ask_range"))]
            7: [("nein", Means("none")), ("keine Fragen", Means("none")), ("wie viele Leute sind im Team?", Means("ask_team")), ("gibt es Homeoffice?", Means("ask_home_office"))]
        }
        Italian {
            0: [("sono infermiere", Fills("field", "la sanità")), ("ho studiato filosofia", Means("any"))]
            3: [("sono molto precisa", Fills("strength", "la precisione"))]
            6: [("40.000 euro", Fills("salary", "quarantamila euro")), ("quanto offrite?", Means("ask_range"))]
            7: [("no", Means("none")), ("nessuna domanda", Means("none")), ("quante persone siete?", Means("ask_team"))]
        }
    );
}
