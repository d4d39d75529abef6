//! What guests at a party may well say.

use super::*;

#[test]
fn what_guests_say_at_a_party_is_understood() {
    understood!("meeting_people":
        French {
            0: [("je m'appelle Ana", Fills("name", "Ana")), ("je suis Paul", Means("name")), ("enchanté, je suis Paul", Fills("name", "Paul")), ("je suis nouvelle ici", Means("new_here")), ("moi c'est Yuki", Fills("name", "Yuki")), ("et vous ?", Means("ask_name"))]
            1: [("du Canada", Fills("origin", "le Canada")), ("je viens de Lisbonne", Fills("origin", "Lisbonne")), ("je suis espagnol", Fills("origin", "l'Espagne")), ("je suis d'ici", Means("local"))]
            2: [("je suis ingénieur", Fills("job", "l'aéronautique")), ("je suis étudiante", Means("study")), ("je cherche du travail", Means("not_working")), ("non", Means("not_working"))]
            3: [("le foot", Fills("hobby", "le sport")), ("j'aime lire", Fills("hobby", "la lecture")), ("rien", Means("nothing")), ("et vous ?", Means("ask_hobby")), ("je joue de la guitare", Fills("hobby", "la musique"))]
            4: [("je ne peux pas samedi", Means("decline")), ("oui", Means("accept")), ("non", Means("decline")), ("dimanche", Fills("day", "dimanche")), ("à quelle heure ?", Means("ask_when"))]
            5: [("oui", Means("contact")), ("non", Means("later")), ("mon numéro", Fills("contact", "votre numéro")), ("sur whatsapp", Fills("contact", "WhatsApp"))]
        }
        English {
            0: [("my name is Ana", Fills("name", "Ana")), ("I'm Paul", Means("name")), ("nice to meet you, I'm Paul", Fills("name", "Paul")), ("I'm new here", Means("new_here")), ("and you?", Means("ask_name"))]
            1: [("from Canada", Fills("origin", "Canada")), ("I come from Lisbon", Fills("origin", "Lisbon")), ("I'm Spanish", Fills("origin", "Spain")), ("I'm from here", Means("local"))]
            2: [("I'm an engineer", Fills("job", "engineering")), ("I'm a student", Means("study")), ("I'm looking for a job", Means("not_working")), ("no", Means("not_working"))]
            3: [("football", Fills("hobby", "sport")), ("I like reading", Fills("hobby", "reading")), ("nothing", Means("nothing")), ("and you?", Means("ask_hobby")), ("I play the guitar", Fills("hobby", "music"))]
            4: [("I'm not free on Saturday", Means("decline")), ("yes", Means("accept")), ("no", Means("decline")), ("on Sunday", Fills("day", "on Sunday")), ("what time?", Means("ask_when"))]
            5: [("yes", Means("contact")), ("no", Means("later")), ("my phone number", Fills("contact", "your number")), ("on whatsapp", Fills("contact", "WhatsApp"))]
        }
        Spanish {
            0: [("me llamo Ana", Fills("name", "Ana")), ("soy Paul", Means("name")), ("mucho gusto, soy Paul", Fills("name", "Paul")), ("es mi primera vez", Means("new_here")), ("¿y usted?", Means("ask_name"))]
            1: [("de Canadá", Fills("origin", "Canadá")), ("vengo de Lisboa", Fills("origin", "Lisboa")), ("soy francesa", Fills("origin", "Francia")), ("soy de aquí", Means("local"))]
            2: [("médico", Fills("job", "la salud")), ("no trabajo", Means("not_working")), ("soy ingeniera", Fills("job", "la ingeniería")), ("soy estudiante", Means("study")), ("busco trabajo", Means("not_working")), ("no", Means("not_working"))]
            3: [("el fútbol", Fills("hobby", "el deporte")), ("me gusta leer", Fills("hobby", "leer")), ("nada en especial", Means("nothing")), ("¿y usted?", Means("ask_hobby")), ("toco la guitarra", Fills("hobby", "la música"))]
            4: [("el sábado no puedo", Means("decline")), ("sí", Means("accept")), ("no", Means("decline")), ("el domingo", Fills("day", "el domingo")), ("¿a qué hora?", Means("ask_when"))]
            5: [("sí", Means("contact")), ("no", Means("later")), ("mi número de teléfono", Fills("contact", "su número")), ("por whatsapp", Fills("contact", "WhatsApp"))]
        }
        German {
            0: [("ich heiße Ana", Fills("name", "Ana")), ("ich bin Paul", Means("name")), ("freut mich, ich bin Paul", Fills("name", "Paul")), ("wir sind neu hier", Means("new_here")), ("und Sie?", Means("ask_name"))]
            1: [("aus Kanada", Fills("origin", "Kanada")), ("ich komme aus Lissabon", Fills("origin", "Lissabon")), ("ich bin Spanierin", Fills("origin", "Spanien")), ("ich bin von hier", Means("local"))]
            2: [("ich bin Ingenieur", Fills("job", "Technik")), ("ich bin Studentin", Means("study")), ("ich suche Arbeit", Means("not_working")), ("nein", Means("not_working"))]
            3: [("Fußball", Fills("hobby", "Sport")), ("ich lese gern", Fills("hobby", "Lesen")), ("nichts", Means("nothing")), ("und Sie?", Means("ask_hobby")), ("ich spiele Gitarre", Fills("hobby", "Musik"))]
            4: [("am Samstag kann ich nicht", Means("decline")), ("ja", Means("accept")), ("nein", Means("decline")), ("am Sonntag", Fills("day", "Sonntag")), ("um wie viel Uhr?", Means("ask_when"))]
            5: [("ja", Means("contact")), ("nein", Means("later")), ("meine Handynummer", Fills("contact", "Ihre Nummer")), ("auf whatsapp", Fills("contact", "WhatsApp"))]
        }
        Italian {
            0: [("mi chiamo Ana", Fills("name", "Ana")), ("sono Paul", Means("name")), ("piacere, sono Paul", Fills("name", "Paul")), ("sono nuova qui", Means("new_here")), ("e Lei?", Means("ask_name"))]
            1: [("dal Canada", Fills("origin", "il Canada")), ("vengo da Lisbona", Fills("origin", "Lisbona")), ("sono spagnola", Fills("origin", "la Spagna")), ("sono di qui", Means("local"))]
            2: [("sono ingegnere", Fills("job", "l'ingegneria")), ("sono studentessa", Means("study")), ("cerco lavoro", Means("not_working")), ("no", Means("not_working"))]
            3: [("il calcio", Fills("hobby", "lo sport")), ("mi piace leggere", Fills("hobby", "leggere")), ("niente", Means("nothing")), ("e Lei?", Means("ask_hobby")), ("suono la chitarra", Fills("hobby", "la musica"))]
            4: [("sabato non posso", Means("decline")), ("sì", Means("accept")), ("no", Means("decline")), ("domenica", Fills("day", "domenica")), ("a che ora?", Means("ask_when"))]
            5: [("sì", Means("contact")), ("no", Means("later")), ("il mio numero di telefono", Fills("contact", "il Suo numero")), ("su whatsapp", Fills("contact", "WhatsApp"))]
        }
    );
}
