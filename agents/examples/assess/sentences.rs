//! What the synthetic voices say: everyday sentences in which the sounds that learners struggle with are frequent.

use colloquy_agents::language::Language;

/// The sentences of a language that there are no recordings of.
pub fn sentences(language: Language) -> &'static [&'static str] {
    match language {
        Language::French => FRENCH,
        Language::German => GERMAN,
        Language::Italian => ITALIAN,
        Language::Portuguese => PORTUGUESE,
        _ => &[],
    }
}

const FRENCH: &[&str] = &[
    "La rue est très jolie, mais la voiture est perdue.",
    "Je voudrais une table pour deux, s'il vous plaît.",
    "Vous avez bu du jus de prune sur la lune.",
    "Monsieur, je peux payer un peu plus tard ?",
    "Ma sœur a peur du feu et ses yeux sont bleus.",
    "Où est le bout de la route du sud ?",
    "Le bon vin blanc est sur la grande table ronde.",
    "Mon oncle prend le train demain matin avec son enfant.",
    "Nous avons trouvé un beau bureau tout au bout du couloir.",
    "Le docteur veut une heure pour le jeune voleur.",
    "Il fume une pipe et lit un livre dans la cuisine.",
    "Combien coûtent les gants et le pantalon marron ?",
    "Cette musique est trop dure pour les adultes.",
    "Tu as vu le zoo et la rose rouge de Julie ?",
    "J'ai besoin d'un médecin, c'est loin d'ici ?",
    "Les vieux messieurs veulent des œufs et du beurre.",
];

const GERMAN: &[&str] = &[
    "Über die grüne Tür führt eine schöne Brücke.",
    "Ich möchte zwölf Brötchen und fünf Stück Butter.",
    "Die Mutter sucht den guten Schuh unter dem Stuhl.",
    "Wir hören im Süden schöne Töne und müde Vögel.",
    "Das Buch liegt oben rechts auf dem Boden.",
    "Zwei Züge fahren um sieben Uhr nach Zürich.",
    "Können Sie mir bitte den König zeigen?",
    "Die Köchin kocht noch Suppe für die Söhne.",
    "Natürlich fliegen die Flüge früh am Morgen.",
    "Ich brauche einen Löffel und große Töpfe.",
    "Er wohnt im großen roten Haus am Fluss.",
    "Die Bücher kosten zu viel, sagt der müde Bruder.",
    "Wo ist der Platz mit den zehn Pferden?",
    "Das Wasser ist nicht böse, nur ein bisschen trüb.",
    "Öffnen Sie die Hütte und küssen Sie die Mütter.",
    "Das Mädchen lacht doch über die dünne Suppe.",
];

const ITALIAN: &[&str] = &[
    "Vorrei un tavolo per due persone, vicino alla finestra.",
    "Mio figlio vuole mangiare gli gnocchi con il sugo.",
    "La famiglia Rossi abita in montagna da molti anni.",
    "Quanto costa il biglietto per il treno di domani?",
    "Ogni mattina bevo un caffè senza zucchero.",
    "La ragazza legge un libro sotto il grande albero.",
    "Dove posso comprare dell'aglio e delle cipolle?",
    "Il signore parla piano perché il bagno è occupato.",
    "Mezzo chilo di zucchine e una bottiglia di vino rosso.",
    "Le spiagge del sud sono meravigliose in giugno.",
    "Ho bisogno di una camera con il bagno.",
    "Mia moglie lavora in un ufficio del centro.",
    "Prendiamo l'autobus alle sette e mezzo di sera.",
    "Il ristorante è chiuso la domenica e il lunedì.",
    "Il cielo è sereno e fa molto caldo oggi.",
    "Sulla piazza c'è una vecchia chiesa di pietra.",
];

const PORTUGUESE: &[&str] = &[
    "Eu queria uma mesa para duas pessoas, por favor.",
    "Amanhã de manhã vou comprar pão e maçãs.",
    "O meu irmão trabalha num banco do centro.",
    "A minha filha tem um cão muito bonito.",
    "Não sei onde fica a estação de comboios.",
    "O carro vermelho está na garagem do vizinho.",
    "Quanto custa o bilhete para o Rio de Janeiro?",
    "As crianças brincam no jardim com as irmãs.",
    "Gosto de peixe grelhado com azeite e limão.",
    "A senhora quer um copo de vinho branco?",
    "O avião chega às onze horas da noite.",
    "Eles compram roupa nova todo mês.",
    "Tenho uma dor forte no coração e na mão.",
    "A melhor montanha é longe da cidade grande.",
    "O menino põe os livros em cima da mesa.",
    "Bom dia, quero um quarto com banho quente.",
];
