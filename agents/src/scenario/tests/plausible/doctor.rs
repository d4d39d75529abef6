//! What patients may well say.

use super::*;

#[test]
fn what_patients_say_to_the_doctor_is_understood() {
    understood!("doctor_visit":
        French {
            0: [("j'ai mal au dos", Fills("complaint", "mal au dos")), ("je dors mal", Fills("complaint", "du mal à dormir")), ("je n'arrive pas à respirer", Means("urgent")), ("j'ai mal à la gorge depuis trois jours", Fills("since", "depuis trois jours")), ("un contrôle", Means("check_up")), ("j'ai mal à la poitrine", Means("urgent")), ("j'ai mal au pied", Means("complaint"))]
            1: [("hier", Fills("since", "depuis hier")), ("depuis une semaine", Fills("since", "depuis une semaine")), ("il y a 2 jours", Fills("since", "depuis deux jours")), ("je ne sais plus", Means("not_sure")), ("c'est contagieux ?", Means("ask_serious"))]
            2: [("non", Means("none")), ("oui", Means("symptom")), ("j'ai de la fièvre", Fills("symptom", "de la fièvre")), ("non, pas de fièvre", Means("none")), ("je n'ai pas faim", Fills("symptom", "pas d'appétit")), ("je respire mal", Means("urgent"))]
            3: [("non", Means("none")), ("rien", Means("none")), ("je ne suis allergique à rien", Means("none")), ("allergique au pollen", Fills("allergy", "au pollen")), ("je prends la pilule", Fills("medicine", "la pilule")), ("je ne prends pas de médicaments", Means("none"))]
            4: [("oui", Means("agree")), ("d'accord", Means("agree")), ("aïe !", Means("hurts")), ("non", Means("refuse")), ("ça va faire mal ?", Means("ask_pain"))]
            5: [("oui", Means("rest")), ("je vais rester à la maison", Means("rest")), ("non, je dois travailler", Means("busy")), ("un arrêt de travail s'il vous plaît", Means("sick_note")), ("je peux courir ?", Means("ask_sport"))]
            6: [("mardi", Fills("day", "mardi")), ("la semaine prochaine", Fills("day", "la semaine prochaine")), ("demain à 10 heures", Fills("day", "demain")), ("peu importe", Means("any")), ("pas lundi, plutôt jeudi", Fills("day", "jeudi")), ("vous êtes ouverts quels jours ?", Means("ask_hours"))]
            7: [("je m'appelle Durand", Fills("name", "Durand")), ("Petit", Means("any")), ("c'est madame Leroy", Fills("name", "Leroy"))]
        }
        English {
            0: [("my back hurts", Fills("complaint", "back pain")), ("I can't sleep", Fills("complaint", "trouble sleeping")), ("my chest hurts", Means("urgent")), ("I can't breathe", Means("urgent")), ("I've had a sore throat for three days", Fills("since", "for three days")), ("just a check-up", Means("check_up")), ("I have chest pain", Means("urgent")), ("my foot hurts", Means("complaint"))]
            1: [("yesterday", Fills("since", "since yesterday")), ("for about a week", Fills("since", "for a week")), ("2 days ago", Fills("since", "for two days")), ("I'm not sure", Means("not_sure")), ("is it contagious?", Means("ask_serious"))]
            2: [("no", Means("none")), ("yes", Means("symptom")), ("I have a fever", Fills("symptom", "a fever")), ("I don't have a fever", Means("none")), ("I'm not hungry", Fills("symptom", "no appetite")), ("I can't breathe well", Means("urgent"))]
            3: [("no", Means("none")), ("nothing", Means("none")), ("I'm not allergic to anything", Means("none")), ("allergic to cats", Fills("allergy", "to cats")), ("I take vitamins", Fills("medicine", "vitamins")), ("I don't take any medicine", Means("none"))]
            4: [("yes", Means("agree")), ("sure", Means("agree")), ("ouch!", Means("hurts")), ("no", Means("refuse")), ("will it hurt?", Means("ask_pain"))]
            5: [("yes", Means("rest")), ("I can stay at home", Means("rest")), ("no, I have to work", Means("busy")), ("a sick note please", Means("sick_note")), ("can I go swimming?", Means("ask_sport"))]
            6: [("Tuesday", Fills("day", "on Tuesday")), ("next week", Fills("day", "next week")), ("tomorrow at 10", Fills("day", "tomorrow")), ("I don't mind", Means("any")), ("not Monday but Thursday", Fills("day", "on Thursday")), ("when are you open?", Means("ask_hours"))]
            7: [("my name is Baker", Fills("name", "Baker")), ("Baker", Means("any")), ("it's Mrs Cole", Fills("name", "Cole"))]
        }
        Spanish {
            0: [("me duele la espalda", Fills("complaint", "dolor de espalda")), ("no duermo bien", Fills("complaint", "problemas para dormir")), ("no puedo respirar", Means("urgent")), ("me duele la garganta desde hace tres días", Fills("since", "desde hace tres días")), ("una revisión", Means("check_up")), ("me duele el pecho", Means("urgent")), ("me duele el pie", Means("complaint"))]
            1: [("ayer", Fills("since", "desde ayer")), ("hace una semana", Fills("since", "desde hace una semana")), ("hace 2 días", Fills("since", "desde hace dos días")), ("no me acuerdo", Means("not_sure")), ("¿es contagioso?", Means("ask_serious"))]
            2: [("no", Means("none")), ("sí", Means("symptom")), ("tengo fiebre", Fills("symptom", "fiebre")), ("no tengo fiebre", Means("none")), ("no tengo hambre", Fills("symptom", "falta de apetito")), ("respiro mal", Means("urgent"))]
            3: [("no", Means("none")), ("nada", Means("none")), ("no soy alérgico a nada", Means("none")), ("alérgica a los gatos", Fills("allergy", "a los gatos")), ("tomo vitaminas", Fills("medicine", "vitaminas")), ("no tomo medicamentos", Means("none"))]
            4: [("sí", Means("agree")), ("claro", Means("agree")), ("ay, me duele", Means("hurts")), ("no", Means("refuse")), ("¿va a doler?", Means("ask_pain"))]
            5: [("sí", Means("rest")), ("me quedo en casa", Means("rest")), ("no, tengo que trabajar", Means("busy")), ("la baja, por favor", Means("sick_note")), ("¿puedo ir al gimnasio?", Means("ask_sport"))]
            6: [("el martes", Fills("day", "el martes")), ("la semana que viene", Fills("day", "la semana que viene")), ("mañana a las 10", Fills("day", "mañana")), ("me da igual", Means("any")), ("lunes no, mejor jueves", Fills("day", "el jueves")), ("¿qué horario tienen?", Means("ask_hours"))]
            7: [("me llamo Castro", Fills("name", "Castro")), ("Castro", Means("any")), ("soy la señora Gil", Fills("name", "Gil"))]
        }
        German {
            0: [("mein Rücken tut weh", Fills("complaint", "Rückenschmerzen")), ("ich kann nicht schlafen", Fills("complaint", "Schlafprobleme")), ("ich bekomme keine Luft", Means("urgent")), ("ich habe seit drei Tagen Halsschmerzen", Fills("since", "seit drei Tagen")), ("zur Kontrolle", Means("check_up")), ("ich habe Schmerzen in der Brust", Means("urgent")), ("mein Fuß tut weh", Means("complaint"))]
            1: [("gestern", Fills("since", "seit gestern")), ("seit einer Woche", Fills("since", "seit einer Woche")), ("vor 2 Tagen", Fills("since", "seit zwei Tagen")), ("ich weiß nicht genau", Means("not_sure")), ("ist das ansteckend?", Means("ask_serious"))]
            2: [("nein", Means("none")), ("ja", Means("symptom")), ("ich habe Fieber", Fills("symptom", "Fieber")), ("kein Fieber", Means("none")), ("ich habe keinen Hunger", Fills("symptom", "keinen Appetit")), ("ich kann schlecht atmen", Means("urgent"))]
            3: [("nein", Means("none")), ("nichts", Means("none")), ("ich bin nicht allergisch", Means("none")), ("allergisch gegen Katzen", Fills("allergy", "gegen Katzen")), ("ich nehme die Pille", Fills("medicine", "die Pille")), ("ich nehme keine Medikamente", Means("none"))]
            4: [("ja", Means("agree")), ("natürlich", Means("agree")), ("aua!", Means("hurts")), ("nein", Means("refuse")), ("tut das weh?", Means("ask_pain"))]
            5: [("ja", Means("rest")), ("ich bleibe zu Hause", Means("rest")), ("nein, ich muss arbeiten", Means("busy")), ("eine Krankschreibung bitte", Means("sick_note")), ("darf ich joggen?", Means("ask_sport"))]
            6: [("am Dienstag", Fills("day", "am Dienstag")), ("nächste Woche", Fills("day", "nächste Woche")), ("morgen um 10", Fills("day", "morgen")), ("egal", Means("any")), ("nicht am Montag, lieber am Donnerstag", Fills("day", "am Donnerstag")), ("wann haben Sie geöffnet?", Means("ask_hours"))]
            7: [("ich heiße Vogel", Fills("name", "Vogel")), ("Vogel", Means("any")), ("ich bin Frau Berg", Fills("name", "Berg"))]
        }
        Italian {
            0: [("mi fa male la schiena", Fills("complaint", "mal di schiena")), ("non dormo bene", Fills("complaint", "problemi di sonno")), ("non riesco a respirare", Means("urgent")), ("ho mal di gola da tre giorni", Fills("since", "da tre giorni")), ("un controllo", Means("check_up")), ("mi fa male il petto", Means("urgent")), ("mi fa male il piede", Means("complaint"))]
            1: [("ieri", Fills("since", "da ieri")), ("da una settimana", Fills("since", "da una settimana")), ("2 giorni fa", Fills("since", "da due giorni")), ("non ricordo", Means("not_sure")), ("è contagioso?", Means("ask_serious"))]
            2: [("no", Means("none")), ("sì", Means("symptom")), ("ho la febbre", Fills("symptom", "la febbre")), ("non ho la febbre", Means("none")), ("non ho fame", Fills("symptom", "la mancanza di appetito")), ("respiro male", Means("urgent"))]
            3: [("no", Means("none")), ("niente", Means("none")), ("non sono allergico a niente", Means("none")), ("allergica ai gatti", Fills("allergy", "ai gatti")), ("prendo le vitamine", Fills("medicine", "le vitamine")), ("non prendo medicine", Means("none"))]
            4: [("sì", Means("agree")), ("certo", Means("agree")), ("ahi!", Means("hurts")), ("no", Means("refuse")), ("farà male?", Means("ask_pain"))]
            5: [("sì", Means("rest")), ("resto a casa", Means("rest")), ("no, devo lavorare", Means("busy")), ("un certificato per favore", Means("sick_note")), ("posso andare in palestra?", Means("ask_sport"))]
            6: [("martedì", Fills("day", "martedì")), ("la settimana prossima", Fills("day", "la settimana prossima")), ("domani alle 10", Fills("day", "domani")), ("è uguale", Means("any")), ("non lunedì, meglio giovedì", Fills("day", "giovedì")), ("che orari avete?", Means("ask_hours"))]
            7: [("mi chiamo Conti", Fills("name", "Conti")), ("Conti", Means("any")), ("sono la signora Villa", Fills("name", "Villa"))]
        }
    );
}
