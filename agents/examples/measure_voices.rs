//! Measures the embedded voices over ten restaurant sentences a language: loudness, peaks, pace, and time to the first and the
//! last sample. `cargo run -p colloquy-agents --example measure_voices`

use std::time::Instant;

use colloquy_agents::engine::{Pace, SpeakRequest, Tts};
use colloquy_agents::language::Language;
use colloquy_agents::tts::espeak::Espeak;
use colloquy_agents::tts::flite::Flite;
use futures::StreamExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let espeak = Espeak::detect().await;
    println!("espeak-ng {}", espeak.version()?);
    let flite = Flite::new()?;
    println!("voice          language    dBFS rms  peak  words/min  slow  first ms  whole ms");
    measure(&flite, Language::English).await?;
    for language in Language::ALL
        .into_iter()
        .filter(|&language| !sentences(language).is_empty())
    {
        measure(&espeak, language).await?;
    }
    Ok(())
}

async fn measure(voice: &dyn Tts, language: Language) -> Result<(), Box<dyn std::error::Error>> {
    let (mut power, mut peak, mut samples) = (0.0, 0, 0);
    let (mut first, mut whole) = (Vec::new(), Vec::new());
    let mut minutes = [0.0; 2];
    let mut words = 0;
    for text in sentences(language) {
        words += text
            .split_whitespace()
            .filter(|word| word.chars().any(char::is_alphanumeric))
            .count();
        for (pace, minutes) in [Pace::Natural, Pace::Slow].into_iter().zip(&mut minutes) {
            let text = (*text).to_owned();
            let started = Instant::now();
            let mut speech = voice.speak(SpeakRequest {
                language,
                text,
                pace,
                melody: None,
            });
            let mut begun = false;
            while let Some(chunk) = speech.next().await {
                let chunk = chunk?;
                if !std::mem::replace(&mut begun, true) {
                    first.push(started.elapsed());
                }
                *minutes += chunk.pcm.len() as f64 / f64::from(chunk.rate) / 60.0;
                samples += chunk.pcm.len();
                power += chunk.pcm.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>();
                peak = chunk
                    .pcm
                    .iter()
                    .map(|sample| sample.unsigned_abs())
                    .fold(peak, u16::max);
            }
            whole.push(started.elapsed());
        }
    }
    first.sort();
    whole.sort();
    println!(
        "{:14} {:11} {:8.1} {:6} {:9.0} {:6.0} {:9.1} {:9.1}",
        voice.name(),
        language.name(),
        10.0 * (power / samples as f64 / 32_768f64.powi(2)).log10(),
        peak,
        words as f64 / minutes[0],
        words as f64 / minutes[1],
        first[first.len() / 2].as_secs_f64() * 1e3,
        whole[whole.len() / 2].as_secs_f64() * 1e3,
    );
    Ok(())
}

fn sentences(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "Good evening, welcome to our restaurant.",
            "How many people are you?",
            "Would you like to sit by the window?",
            "What would you like to drink?",
            "The soup of the day is tomato with basil.",
            "Very good, and for the main course?",
            "The fish comes with rice and vegetables.",
            "Would you like a dessert or a coffee?",
            "That makes thirty two pounds, please.",
            "Thank you, and have a lovely evening.",
        ],
        Language::Spanish => &[
            "Buenas noches, bienvenidos a nuestro restaurante.",
            "¿Cuántas personas son?",
            "¿Prefieren una mesa junto a la ventana?",
            "¿Qué desean para beber?",
            "La sopa del día es de tomate.",
            "Muy bien, ¿y de segundo?",
            "El pescado viene con arroz y verduras.",
            "¿Quieren postre o café?",
            "Son treinta y dos euros, por favor.",
            "Muchas gracias y buenas noches.",
        ],
        Language::French => &[
            "Bonsoir, bienvenue dans notre bistro.",
            "Vous êtes combien de personnes ?",
            "Préférez-vous une table près de la fenêtre ?",
            "Qu'est-ce que vous voulez boire ?",
            "La soupe du jour est à la tomate.",
            "Très bien, et comme plat principal ?",
            "Le poisson est servi avec du riz et des légumes.",
            "Voulez-vous un dessert ou un café ?",
            "Ça fait trente-deux euros, s'il vous plaît.",
            "Merci beaucoup et bonne soirée.",
        ],
        Language::German => &[
            "Guten Abend, willkommen in unserem Restaurant.",
            "Wie viele Personen sind Sie?",
            "Möchten Sie am Fenster sitzen?",
            "Was möchten Sie trinken?",
            "Die Suppe des Tages ist Tomatensuppe.",
            "Sehr gern, und als Hauptgericht?",
            "Der Fisch kommt mit Reis und Gemüse.",
            "Möchten Sie ein Dessert oder einen Kaffee?",
            "Das macht zweiunddreißig Euro, bitte.",
            "Vielen Dank und einen schönen Abend.",
        ],
        Language::Italian => &[
            "Buonasera, benvenuti nella nostra trattoria.",
            "Quante persone siete?",
            "Preferite un tavolo vicino alla finestra?",
            "Che cosa volete da bere?",
            "La zuppa del giorno è di pomodoro.",
            "Benissimo, e come secondo?",
            "Il pesce è servito con riso e verdure.",
            "Volete un dolce o un caffè?",
            "Sono trentadue euro, per favore.",
            "Grazie mille e buona serata.",
        ],
        Language::Portuguese => &[
            "Boa noite, bem-vindos ao nosso restaurante.",
            "Quantas pessoas são?",
            "Preferem uma mesa perto da janela?",
            "O que gostariam de beber?",
            "A sopa do dia é de tomate.",
            "Muito bem, e como prato principal?",
            "O peixe vem com arroz e legumes.",
            "Querem sobremesa ou café?",
            "São trinta e dois euros, por favor.",
            "Muito obrigado e boa noite.",
        ],
        Language::Chinese => &[
            "wǎn shàng hǎo, huān yíng guāng lín.",
            "qǐng wèn nín jǐ wèi?",
            "nín xiǎng zuò zài chuāng biān ma?",
            "nín xiǎng hē shén me?",
            "jīn tiān de tāng shì xī hóng shì tāng.",
            "hǎo de, zhǔ cài ne?",
            "yú pèi mǐ fàn hé qīng cài.",
            "nín yào tián pǐn hái shì kā fēi?",
            "yī gòng sān shí èr kuài.",
            "xiè xie, wǎn ān.",
        ],
        Language::Japanese => &[],
    }
}
