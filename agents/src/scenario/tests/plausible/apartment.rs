//! What people who look for a flat may well say.

use super::*;

#[test]
fn what_people_say_at_the_viewing_of_a_flat_is_understood() {
    understood!("apartment_viewing":
        French {
            0: [("oui", Means("appointment")), ("je m'appelle Nadia", Fills("name", "Nadia")), ("je viens pour la visite", Means("appointment")), ("il y a un ascenseur ?", Means("ask_floor"))]
            1: [("je suis seule", Fills("household", "une personne")), ("avec mon mari", Fills("household", "un couple")), ("on est une famille", Fills("household", "une famille")), ("j'ai un chien", Means("ask_pets"))]
            2: [("oui", Means("like")), ("non", Means("doubt")), ("c'est trop petit", Means("doubt")), ("c'est joli", Means("like")), ("il y a une machine à laver ?", Means("ask_flat"))]
            3: [("oui", Means("fine")), ("non", Means("too_dear")), ("c'est trop cher", Means("too_dear")), ("les charges sont comprises ?", Means("ask_included"))]
            4: [("en août", Fills("date", "en août")), ("demain", Fills("date", "tout de suite")), ("peu importe", Means("flexible")), ("pas en juillet, en septembre", Fills("date", "en septembre"))]
            5: [("oui", Means("take")), ("non", Means("decline")), ("je vais réfléchir", Means("think")), ("je prends l'appartement", Means("take")), ("quels documents ?", Means("ask_papers"))]
        }
        English {
            0: [("yes", Means("appointment")), ("my name is Nadia", Fills("name", "Nadia")), ("I'm here for the viewing", Means("appointment")), ("is there a lift?", Means("ask_floor"))]
            1: [("I live alone", Fills("household", "one person")), ("with my husband", Fills("household", "a couple")), ("we're a family", Fills("household", "a family")), ("I have a dog", Means("ask_pets"))]
            2: [("yes", Means("like")), ("no", Means("doubt")), ("it's too small", Means("doubt")), ("very nice", Means("like")), ("is there a washing machine?", Means("ask_flat"))]
            3: [("yes", Means("fine")), ("no", Means("too_dear")), ("that's too expensive", Means("too_dear")), ("are the bills included?", Means("ask_included"))]
            4: [("in August", Fills("date", "in August")), ("tomorrow", Fills("date", "right away")), ("any time", Means("flexible")), ("not in July, in September", Fills("date", "in September"))]
            5: [("yes", Means("take")), ("no", Means("decline")), ("I have to think about it", Means("think")), ("I'll take the flat", Means("take")), ("which papers do you need?", Means("ask_papers"))]
        }
        Spanish {
            0: [("sí", Means("appointment")), ("me llamo Nadia", Fills("name", "Nadia")), ("vengo por la visita", Means("appointment")), ("¿hay ascensor?", Means("ask_floor"))]
            1: [("vivo sola", Fills("household", "una persona")), ("con mi marido", Fills("household", "una pareja")), ("somos una familia", Fills("household", "una familia")), ("tengo un perro", Means("ask_pets"))]
            2: [("sí", Means("like")), ("no", Means("doubt")), ("es muy pequeño", Means("doubt")), ("es muy bonito", Means("like")), ("¿tiene lavadora?", Means("ask_flat"))]
            3: [("sí", Means("fine")), ("no", Means("too_dear")), ("es demasiado caro", Means("too_dear")), ("¿los gastos están incluidos?", Means("ask_included"))]
            4: [("en agosto", Fills("date", "en agosto")), ("mañana", Fills("date", "cuanto antes")), ("me da igual", Means("flexible")), ("en julio no, mejor en septiembre", Fills("date", "en septiembre"))]
            5: [("sí", Means("take")), ("no", Means("decline")), ("tengo que pensarlo", Means("think")), ("me quedo con el piso", Means("take")), ("¿qué documentos necesita?", Means("ask_papers"))]
        }
        German {
            0: [("ja", Means("appointment")), ("ich heiße Nadia", Fills("name", "Nadia")), ("ich komme zur Besichtigung", Means("appointment")), ("gibt es einen Aufzug?", Means("ask_floor"))]
            1: [("ich bin allein", Fills("household", "eine Person")), ("mit meinem Mann", Fills("household", "ein Paar")), ("wir sind eine Familie", Fills("household", "eine Familie")), ("ich habe einen Hund", Means("ask_pets"))]
            2: [("ja", Means("like")), ("nein", Means("doubt")), ("das ist zu klein", Means("doubt")), ("sehr schön", Means("like")), ("gibt es eine Waschmaschine?", Means("ask_flat"))]
            3: [("ja", Means("fine")), ("nein", Means("too_dear")), ("das ist zu teuer", Means("too_dear")), ("ist der Strom inklusive?", Means("ask_included"))]
            4: [("im August", Fills("date", "im August")), ("morgen", Fills("date", "sofort")), ("egal", Means("flexible")), ("nicht im Juli, lieber im September", Fills("date", "im September"))]
            5: [("ja", Means("take")), ("nein", Means("decline")), ("ich muss nachdenken", Means("think")), ("ich nehme sie", Means("take")), ("welche Papiere brauchen Sie?", Means("ask_papers"))]
        }
        Italian {
            0: [("sì", Means("appointment")), ("mi chiamo Nadia", Fills("name", "Nadia")), ("sono qui per la visita", Means("appointment")), ("c'è l'ascensore?", Means("ask_floor"))]
            1: [("vivo da sola", Fills("household", "una persona")), ("con mio marito", Fills("household", "una coppia")), ("siamo una famiglia", Fills("household", "una famiglia")), ("ho un cane", Means("ask_pets"))]
            2: [("sì", Means("like")), ("no", Means("doubt")), ("è troppo piccolo", Means("doubt")), ("è molto bello", Means("like")), ("c'è la lavatrice?", Means("ask_flat"))]
            3: [("sì", Means("fine")), ("no", Means("too_dear")), ("è troppo caro", Means("too_dear")), ("le spese sono comprese?", Means("ask_included"))]
            4: [("ad agosto", Fills("date", "ad agosto")), ("domani", Fills("date", "subito")), ("è uguale", Means("flexible")), ("non a luglio, meglio a settembre", Fills("date", "a settembre"))]
            5: [("sì", Means("take")), ("no", Means("decline")), ("devo pensarci", Means("think")), ("prendo l'appartamento", Means("take")), ("quali documenti servono?", Means("ask_papers"))]
        }
    );
}
