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

#[test]
fn what_colleagues_say_in_a_meeting_is_understood() {
    understood!("business_meeting":
        French {
            0: [("oui", Means("fine")), ("je vous entends", Means("fine")), ("je ne vous entends pas bien", Means("trouble")), ("désolé pour le retard", Means("late"))]
            1: [("c'est fini", Fills("status", "terminé")), ("on est en retard", Fills("status", "une semaine de retard")), ("on n'a pas encore commencé", Means("waiting"))]
            2: [("l'argent", Fills("problem", "le budget")), ("aucun", Means("none")), ("pas de problème", Means("none"))]
            3: [("engager un stagiaire", Fills("solution", "embaucher quelqu'un")), ("qu'est-ce que vous en pensez ? votre avis ?", Means("ask_opinion"))]
            4: [("oui", Means("agree")), ("non", Means("disagree")), ("je suis d'accord", Means("agree")), ("je ne suis pas d'accord", Means("disagree")), ("ça dépend", Means("depends")), ("c'est trop tard", Means("disagree"))]
            5: [("vendredi", Fills("date", "vendredi")), ("peu importe", Means("flexible")), ("à quelle heure ?", Means("ask_time")), ("pas lundi", Refuses)]
            6: [("les tests", Fills("task", "les tests")), ("je vais faire la présentation", Fills("task", "la présentation")), ("rien", Means("none")), ("non", Means("none"))]
        }
        English {
            0: [("yes", Means("fine")), ("I can hear you", Means("fine")), ("I can't hear you", Means("trouble")), ("I'm sorry for being late", Means("late"))]
            1: [("it's done", Fills("status", "finished")), ("we're running late", Fills("status", "a week behind")), ("I haven't started", Means("waiting"))]
            2: [("money", Fills("problem", "the budget")), ("no", Means("none")), ("nothing", Means("none"))]
            3: [("hire an intern", Fills("solution", "hiring somebody")), ("what's your opinion?", Means("ask_opinion"))]
            4: [("yes", Means("agree")), ("no", Means("disagree")), ("I agree", Means("agree")), ("I don't agree", Means("disagree")), ("it depends", Means("depends")), ("that's too late", Means("disagree"))]
            5: [("Friday", Fills("date", "on Friday")), ("I don't mind", Means("flexible")), ("what time?", Means("ask_time")), ("not on Monday", Refuses)]
            6: [("testing", Fills("task", "the testing")), ("I'll do the slides", Fills("task", "the presentation")), ("nothing", Means("none")), ("I have no time", Means("none"))]
        }
        Spanish {
            0: [("sí", Means("fine")), ("no la oigo bien", Means("trouble"))]
            1: [("está listo", Fills("status", "terminado")), ("vamos tarde", Fills("status", "una semana de retraso"))]
            2: [("el dinero", Fills("problem", "el presupuesto")), ("nada", Means("none"))]
            3: [("contratar a un becario", Fills("solution", "contratar a alguien"))]
            4: [("sí", Means("agree")), ("no", Means("disagree")), ("estoy de acuerdo", Means("agree")), ("no estoy de acuerdo", Means("disagree")), ("depende", Means("depends"))]
            5: [("el viernes", Fills("date", "el viernes")), ("me da igual", Means("flexible")), ("¿a qué hora?", Means("ask_time"))]
            6: [("las pruebas", Fills("task", "las pruebas")), ("no tengo tiempo", Means("none"))]
        }
        German {
            0: [("ja", Means("fine")), ("ich höre Sie nicht", Means("trouble"))]
            1: [("alles fertig", Fills("status", "fertig")), ("ich habe noch nicht angefangen", Means("waiting"))]
            2: [("das Geld", Fills("problem", "Budget")), ("nichts", Means("none")), ("keine Probleme", Means("none"))]
            3: [("den Start verschieben", Fills("solution", "den Start zu verschieben"))]
            4: [("ja", Means("agree")), ("nein", Means("disagree")), ("ich bin einverstanden", Means("agree")), ("ich bin nicht einverstanden", Means("disagree")), ("das kommt darauf an", Means("depends"))]
            5: [("Freitag", Fills("date", "am Freitag")), ("egal", Means("flexible")), ("wie viel Uhr?", Means("ask_time")), ("Montag nicht", Refuses)]
            6: [("das Protokoll", Fills("task", "das Protokoll")), ("keine Zeit", Means("none"))]
        }
        Italian {
            0: [("sì", Means("fine")), ("non la sento bene", Means("trouble"))]
            1: [("è pronto", Fills("status", "finito")), ("siamo in ritardo", Fills("status", "una settimana di ritardo"))]
            2: [("i soldi", Fills("problem", "il budget")), ("niente", Means("none"))]
            3: [("assumere uno stagista", Fills("solution", "assumere qualcuno"))]
            4: [("sì", Means("agree")), ("no", Means("disagree")), ("sono d'accordo", Means("agree")), ("non sono d'accordo", Means("disagree")), ("dipende", Means("depends"))]
            5: [("venerdì", Fills("date", "venerdì")), ("non importa", Means("flexible")), ("a che ora?", Means("ask_time"))]
            6: [("le prove", Fills("task", "le prove")), ("non ho tempo", Means("none"))]
        }
    );
}
