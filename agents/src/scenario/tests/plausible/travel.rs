//! What travellers may well say.

use super::*;

#[test]
fn what_passengers_say_at_the_airport_is_understood() {
    understood!("airport_checkin":
        French {
            0: [("Montréal", Fills("destination", "Montréal")), ("je vais au Japon", Fills("destination", "Tokyo")), ("je vais à Toulouse", Fills("destination", "Toulouse")), ("il y a du retard ?", Means("ask_delay"))]
            1: [("tenez", Means("document")), ("voilà", Means("document")), ("je ne trouve pas mon passeport", Means("searching"))]
            2: [("une valise", Fills("bags", "une valise")), ("deux", Fills("bags", "deux valises")), ("non", Means("hand")), ("pas de valise", Means("hand")), ("j'ai un sac à dos", Means("hand"))]
            3: [("non", Means("none")), ("rien", Means("none")), ("un ordinateur", Fills("item", "un ordinateur")), ("oui", Means("item")), ("pas de liquides", Means("none"))]
            4: [("hublot", Fills("seat", "côté hublot")), ("couloir", Fills("seat", "côté couloir")), ("peu importe", Means("anywhere")), ("pas au fond", Refuses)]
            5: [("non merci", Means("none")), ("un fauteuil roulant pour mon père", Fills("special", "un fauteuil roulant")), ("je suis végétarien", Fills("special", "un repas végétarien"))]
            6: [("non", Means("clear")), ("où est la porte ?", Means("ask_gate")), ("c'est à quelle heure ?", Means("ask_time"))]
        }
        English {
            0: [("Lisbon", Fills("destination", "Lisbon")), ("I'm going to Chicago", Fills("destination", "Chicago")), ("is it delayed?", Means("ask_delay"))]
            1: [("here you go", Means("document")), ("my passport", Means("document")), ("I can't find it", Means("searching"))]
            2: [("one", Fills("bags", "one suitcase")), ("two suitcases", Fills("bags", "two suitcases")), ("no", Means("hand")), ("just a backpack", Means("hand"))]
            3: [("no", Means("none")), ("nothing", Means("none")), ("yes", Means("item")), ("a laptop", Fills("item", "a laptop")), ("no liquids", Means("none"))]
            4: [("window", Fills("seat", "by the window")), ("aisle please", Fills("seat", "on the aisle")), ("it doesn't matter", Means("anywhere")), ("not at the back", Refuses)]
            5: [("no thanks", Means("none")), ("vegetarian", Fills("special", "a vegetarian meal")), ("I can't walk far", Fills("special", "a wheelchair"))]
            6: [("no", Means("clear")), ("where is the gate?", Means("ask_gate")), ("when is boarding?", Means("ask_time"))]
        }
        Spanish {
            0: [("a Roma", Fills("destination", "Roma")), ("voy a Quito", Fills("destination", "Quito"))]
            1: [("aquí tiene", Means("document")), ("no lo encuentro", Means("searching"))]
            2: [("dos maletas", Fills("bags", "dos maletas")), ("no", Means("hand")), ("solo una mochila", Means("hand"))]
            3: [("no", Means("none")), ("nada", Means("none")), ("un portátil", Fills("item", "un portátil")), ("no llevo líquidos", Means("none"))]
            4: [("pasillo", Fills("seat", "junto al pasillo")), ("ventanilla", Fills("seat", "junto a la ventanilla")), ("me da igual", Means("anywhere"))]
            5: [("nada", Means("none")), ("soy vegetariana", Fills("special", "un menú vegetariano"))]
            6: [("no", Means("clear")), ("¿dónde está la puerta?", Means("ask_gate")), ("¿a qué hora?", Means("ask_time"))]
        }
        German {
            0: [("nach Hamburg", Fills("destination", "Hamburg")), ("ich fliege nach Dresden", Fills("destination", "Dresden")), ("nach Hause", Means("destination"))]
            1: [("hier bitte", Means("document")), ("ich finde ihn nicht", Means("searching"))]
            2: [("zwei Koffer", Fills("bags", "zwei Koffer")), ("nein", Means("hand")), ("kein Gepäck", Means("hand")), ("nur einen Rucksack", Means("hand"))]
            3: [("nein", Means("none")), ("nichts", Means("none")), ("einen Laptop", Fills("item", "einen Laptop")), ("ja", Means("item"))]
            4: [("am Gang", Fills("seat", "am Gang")), ("Fensterplatz", Fills("seat", "am Fenster")), ("egal", Means("anywhere")), ("nicht hinten", Refuses)]
            5: [("nein danke", Means("none")), ("ich bin Vegetarierin", Fills("special", "ein vegetarisches Essen"))]
            6: [("nein", Means("clear")), ("wo ist das?", Means("ask_gate")), ("wann geht es los?", Means("ask_time"))]
        }
        Italian {
            0: [("a Londra", Fills("destination", "Londra")), ("vado a Bari", Fills("destination", "Bari"))]
            1: [("eccolo", Means("document")), ("non lo trovo", Means("searching"))]
            2: [("due valigie", Fills("bags", "due valigie")), ("no", Means("hand")), ("ho solo uno zaino", Means("hand"))]
            3: [("no", Means("none")), ("niente", Means("none")), ("un computer", Fills("item", "un computer portatile")), ("sì", Means("item"))]
            4: [("corridoio", Fills("seat", "sul corridoio")), ("finestrino", Fills("seat", "vicino al finestrino")), ("non importa", Means("anywhere"))]
            5: [("no grazie", Means("none")), ("sono vegetariana", Fills("special", "un pasto vegetariano"))]
            6: [("no", Means("clear")), ("dov'è l'uscita?", Means("ask_gate")), ("a che ora?", Means("ask_time"))]
        }
    );
}
