//! What people who ask the way may well say.

use super::*;

#[test]
fn what_people_say_who_ask_the_way_is_understood() {
    understood!("asking_directions":
        French {
            0: [("le musée", Fills("place", "au musée des Beaux-Arts")), ("où est la pharmacie ?", Fills("place", "à la pharmacie")), ("je suis perdue", Means("lost")), ("je cherche la rue de la République", Means("place")), ("je suis où ?", Means("ask_where"))]
            1: [("à pied", Fills("transport", "à pied")), ("en bus", Fills("transport", "en bus")), ("pas en métro, à pied", Fills("transport", "à pied")), ("c'est loin ?", Means("ask_far")), ("peu importe", Means("any"))]
            2: [("oui", Means("clear")), ("non", Means("unclear")), ("je n'ai pas compris", Means("unclear")), ("tout droit et à gauche", Means("clear"))]
            3: [("oui", Means("holiday")), ("non", Means("other")), ("je suis touriste", Means("holiday")), ("je viens de Tokyo", Fills("origin", "Tokyo")), ("je suis étudiante", Means("other"))]
            4: [("oui", Means("accept")), ("non", Means("decline")), ("je n'ai pas faim", Means("decline")), ("c'est combien ?", Means("ask_price"))]
            5: [("non merci", Means("thanks")), ("merci", Means("thanks")), ("merci madame", Means("thanks")), ("où sont les toilettes ?", Means("ask_again"))]
        }
        English {
            0: [("the museum", Fills("place", "the National Museum")), ("where is the station?", Fills("place", "the station")), ("I'm lost", Means("lost")), ("how do I get to Princes Street?", Means("place")), ("where are we?", Means("ask_where"))]
            1: [("on foot", Fills("transport", "on foot")), ("by bus", Fills("transport", "by bus")), ("not by bus, I'll walk", Fills("transport", "on foot")), ("how far is it?", Means("ask_far")), ("I don't mind", Means("any"))]
            2: [("yes", Means("clear")), ("no", Means("unclear")), ("that's not clear", Means("unclear")), ("straight on and then left", Means("clear"))]
            3: [("yes", Means("holiday")), ("no", Means("other")), ("I'm a tourist", Means("holiday")), ("I come from Chile", Fills("origin", "Chile")), ("I'm a student", Means("other"))]
            4: [("yes", Means("accept")), ("no", Means("decline")), ("I'm not hungry", Means("decline")), ("how much is it?", Means("ask_price"))]
            5: [("no thank you", Means("thanks")), ("thank you", Means("thanks")), ("thanks a lot", Means("thanks")), ("where are the toilets?", Means("ask_again"))]
        }
        Spanish {
            0: [("el museo", Fills("place", "al Museo de Bellas Artes")), ("¿dónde está la farmacia?", Fills("place", "a la farmacia")), ("estoy perdido", Means("lost")), ("busco la calle Sierpes", Means("place")), ("¿dónde estamos?", Means("ask_where"))]
            1: [("a pie", Fills("transport", "andando")), ("en taxi", Fills("transport", "en taxi")), ("en autobús no, andando", Fills("transport", "andando")), ("¿está lejos?", Means("ask_far")), ("me da igual", Means("any"))]
            2: [("sí", Means("clear")), ("no", Means("unclear")), ("no he entendido", Means("unclear")), ("recto y a la izquierda", Means("clear"))]
            3: [("sí", Means("holiday")), ("no", Means("other")), ("soy turista", Means("holiday")), ("vengo de Lima", Fills("origin", "Lima")), ("soy estudiante", Means("other"))]
            4: [("sí", Means("accept")), ("no", Means("decline")), ("no tengo hambre", Means("decline")), ("¿cuánto cuesta?", Means("ask_price"))]
            5: [("no, gracias", Means("thanks")), ("gracias", Means("thanks")), ("muchas gracias", Means("thanks")), ("¿dónde está el baño?", Means("ask_again"))]
        }
        German {
            0: [("das Museum", Fills("place", "zur Kunsthalle")), ("wo ist der Bahnhof?", Fills("place", "zum Hauptbahnhof")), ("ich habe mich verlaufen", Means("lost")), ("ich suche die Mönckebergstraße", Means("place")), ("wo sind wir hier?", Means("ask_where"))]
            1: [("zu Fuß", Fills("transport", "zu Fuß")), ("mit dem Bus", Fills("transport", "mit dem Bus")), ("nicht mit der U-Bahn, lieber zu Fuß", Fills("transport", "zu Fuß")), ("wie weit ist das?", Means("ask_far")), ("egal", Means("any"))]
            2: [("ja", Means("clear")), ("nein", Means("unclear")), ("das habe ich nicht verstanden", Means("unclear")), ("geradeaus und dann links", Means("clear"))]
            3: [("ja", Means("holiday")), ("nein", Means("other")), ("ich bin Tourist", Means("holiday")), ("ich komme aus Indien", Fills("origin", "Indien")), ("ich bin Studentin", Means("other"))]
            4: [("ja", Means("accept")), ("nein", Means("decline")), ("ich habe keinen Hunger", Means("decline")), ("was kostet das?", Means("ask_price"))]
            5: [("nein danke", Means("thanks")), ("danke", Means("thanks")), ("vielen Dank", Means("thanks")), ("wo ist die Toilette?", Means("ask_again"))]
        }
        Italian {
            0: [("il museo", Fills("place", "al Museo Egizio")), ("dov'è la farmacia?", Fills("place", "in farmacia")), ("mi sono perso", Means("lost")), ("cerco via Roma", Means("place")), ("dove siamo?", Means("ask_where"))]
            1: [("a piedi", Fills("transport", "a piedi")), ("in taxi", Fills("transport", "in taxi")), ("non in tram, meglio a piedi", Fills("transport", "a piedi")), ("è lontano?", Means("ask_far")), ("è uguale", Means("any"))]
            2: [("sì", Means("clear")), ("no", Means("unclear")), ("non ho capito", Means("unclear")), ("dritto e poi a sinistra", Means("clear"))]
            3: [("sì", Means("holiday")), ("no", Means("other")), ("sono una turista", Means("holiday")), ("vengo da Lisbona", Fills("origin", "Lisbona")), ("sono studente", Means("other"))]
            4: [("sì", Means("accept")), ("no", Means("decline")), ("non ho fame", Means("decline")), ("quanto costa?", Means("ask_price"))]
            5: [("no grazie", Means("thanks")), ("grazie", Means("thanks")), ("grazie mille", Means("thanks")), ("dov'è il bagno?", Means("ask_again"))]
        }
    );
}
