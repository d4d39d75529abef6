//! Right sentences that look like what a rule of word order finds: the same words in a right order, with other meanings, or
//! cut by pauses that a recogniser doesn't write.

use super::grammar;
use crate::language::Language;

#[rustfmt::skip]
const RIGHT: &[(Language, &[&str])] = &[
    (Language::English, &[
        "I always drink tea.",
        "I never have the time.",
        "I speak English very well.",
        "There is not enough hot water.",
        "Is there enough cheap food?",
        "The room is big enough.",
        "Do you often eat fish?",
        "I like this restaurant very much.",
        "We eat, always the same, at noon.",
    ]),
    (Language::French, &[
        "Je peux vous aider.",
        "Je vais vous appeler demain.",
        "je vais appeler vous pouvez attendre",
        "Je le veux, merci.",
        "Il la fait tous les jours.",
        "Moi aussi, je prends le bus.",
        "Je mange souvent ici.",
        "Vous aussi avez raison.",
        "Elle aussi prend le train.",
        "J'aime beaucoup le café.",
        "J'aime le café beaucoup trop fort.",
        "J'aime le vin rouge et la robe noire.",
        "Le français est difficile.",
        "Le rouge porte bonheur.",
        "Je préfère ne pas manger de viande.",
        "Où est la gare ?",
        "Combien coûte le billet ?",
        "Est-ce que vous avez une chambre ?",
        "Un petit noir et un blanc cassis.",
        "Les toilettes, où sont-elles ?",
        "Il faut toujours prendre le train.",
    ]),
    (Language::German, &[
        "Ich stehe um sieben auf.",
        "Wenn ich ankomme, rufe ich an.",
        "wenn wir ankommen rufen wir an",
        "Ich habe gesehen, das stimmt.",
        "wir haben gesehen das geht",
        "Ich komme, wenn du willst, gerne.",
        "Ich habe Hunger, wenn ich müde bin.",
        "Wir auch, danke.",
        "Ich auch. Ich möchte zahlen.",
        "Ich habe einen Tisch reserviert.",
        "Ich habe bestellt, einen Kaffee und Kuchen.",
        "Wann wir ankommen, weiß ich nicht.",
        "Ich trinke immer Kaffee.",
        "Ich frage, ob wir ausgehen.",
    ]),
    (Language::Italian, &[
        "Lo vorrei vedere domani.",
        "Vorrei vederlo domani.",
        "Può aiutarmi? Mi può aiutare?",
        "Me lo porta, per favore?",
        "Ce lo può dire, glielo chiedo.",
        "Vorrei la camera e le chiavi.",
        "Mi piace molto, grazie.",
        "mi piace molto grazie",
        "Non mi piace il pesce.",
        "grazie molto gentile",
        "Anch'io vorrei un caffè.",
        "Io anche prendo un dolce.",
        "Non so dove sia il bagno.",
        "Quando il treno arriva, scendo.",
        "La francese cucina bene.",
        "Ho non poca fame.",
        "Che cosa ti piace? Mi interessa la musica.",
        "Vorrei mi dicesse il prezzo.",
        "Devo le mie scuse.",
        "Ci vediamo domani, vi mando un messaggio.",
        "Un po' di vino rosso, una birra bionda.",
        "Il Mar Nero è bello, la casa bianca anche.",
        "Per lo studio e per il lavoro.",
    ]),
    (Language::Spanish, &[
        "Lo quiero ver mañana.",
        "Quiero verlo mañana y comprarlo.",
        "Quiero lo mismo que ella.",
        "Quiero la mesa de la terraza.",
        "Entiendo lo que dice.",
        "No sé lo que quiere.",
        "Me lo da, por favor.",
        "Se lo digo mañana.",
        "No me lo puede decir.",
        "A mí no me gusta, le digo la verdad.",
        "Si gusta, le traigo la carta.",
        "si gusta le traigo la carta",
        "me gusta mucho gracias",
        "no nunca he estado en españa",
        "Me gusta la ropa roja y la casa blanca.",
        "El español come tarde.",
        "Ya he comido, no he podido esperar.",
        "Nunca lo he visto.",
        "No lo he visto todavía.",
        "Sí, tengo. No dinero, sino tiempo.",
        "¿Cuándo sale el tren y dónde está la estación?",
        "No sé cuándo sale el tren.",
        "¿Qué me recomienda usted?",
        "Como no tengo dinero, como en casa.",
        "Voy a la playa y luego a cenar.",
        "Gracias, muchas personas me ayudaron.",
        "Un poco salado, pero bueno.",
        "La verde campiña y el mar azul.",
        "Yo tampoco, gracias.",
        "Yo no como nunca carne.",
    ]),
];

/// The same faults in other words than the rules' own examples: what is found, and how it is right.
#[rustfmt::skip]
const WRONG: &[(Language, &str, &str)] = &[
    (Language::Spanish, "Mañana puedo lo traer.", "Mañana puedo traerlo."),
    (Language::Spanish, "¿Puedes nos esperar?", "¿Puedes esperarnos?"),
    (Language::Spanish, "Vamos a les ayudar.", "Vamos a ayudarles."),
    (Language::Spanish, "Hay que lo reservar.", "Hay que reservarlo."),
    (Language::Spanish, "La me recomienda?", "Me la recomienda?"),
    (Language::Spanish, "No encanta me la idea.", "No me encanta la idea."),
    (Language::Spanish, "Me no duele nada.", "No me duele nada."),
    (Language::Spanish, "¿Cómo el hotel es?", "¿Cómo es el hotel?"),
    (Language::Spanish, "Compro otra azul camiseta.", "Compro otra camiseta azul."),
    (Language::Italian, "Devo li comprare.", "Devo comprarli."),
    (Language::Italian, "Posso le dire una cosa?", "Posso dirle una cosa?"),
    (Language::Italian, "Domani ti lo do.", "Domani te lo do."),
    (Language::Italian, "Mi non interessa.", "Non mi interessa."),
    (Language::Italian, "Porto una nera gonna.", "Porto una gonna nera."),
    (Language::French, "On les peut essayer.", "On peut les essayer."),
    (Language::French, "Je parfois travaille le soir.", "Je travaille parfois le soir."),
    (Language::French, "Nous aimons la musique beaucoup.", "Nous aimons beaucoup la musique."),
    (Language::English, "They speak fluently French.", "They speak French fluently."),
    (Language::English, "We take usually the bus.", "We usually take the bus."),
    (Language::German, "Wir ankommen morgen um acht.", "Wir kommen morgen um acht an."),
    (Language::German, "Wir haben gebucht ein Zimmer.", "Wir haben ein Zimmer gebucht."),
];

#[test]
fn right_sentences_that_look_like_faults_are_left_alone() {
    for (language, sentences) in RIGHT {
        for sentence in *sentences {
            assert_eq!(
                grammar(*language).judge(sentence).findings,
                [],
                "{language}: {sentence}"
            );
        }
    }
}

#[test]
fn words_in_the_wrong_order_are_put_in_order() {
    for (language, wrong, right) in WRONG {
        let judgement = grammar(*language).judge(wrong);
        assert_eq!(super::corrected(wrong, &judgement), *right, "{language}: {wrong}");
    }
}
