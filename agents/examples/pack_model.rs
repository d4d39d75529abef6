//! Packs the context-independent part of Debian's `pocketsphinx-en-us` into `agents/model/en-us-ci.bin`.
//!
//! `cargo run -p colloquy-agents --example pack_model [-- <model directory> <output file>]`

use std::path::PathBuf;
use std::{env, fs, io};

use colloquy_agents::acoustic::{AcousticModel, DIMENSIONS, GAUSSIANS, Phone, STATES, STREAMS};

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let directory = PathBuf::from(
        arguments
            .next()
            .unwrap_or_else(|| "/usr/share/pocketsphinx/model/en-us/en-us".into()),
    );
    let output = arguments
        .next()
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/model/en-us-ci.bin").into());

    let definition = Definition::read(&fs::read(directory.join("mdef"))?)?;
    let names: Vec<&str> = Phone::all().map(Phone::name).collect();
    if definition.phones != names {
        return Err(damaged("mdef lists other phones"));
    }
    let means = parameters(&fs::read(directory.join("means"))?)?;
    let variances = parameters(&fs::read(directory.join("variances"))?)?;
    let dump = fs::read(directory.join("sendump"))?;
    let senones = definition.senones;
    // The weights are the tail of the file: [stream][gaussian][senone], one byte each.
    let weights = dump
        .len()
        .checked_sub(STREAMS * GAUSSIANS * senones)
        .map(|start| &dump[start..])
        .ok_or_else(|| damaged("sendump is too short"))?;

    let size = GAUSSIANS * DIMENSIONS;
    let block = |phone: usize, stream: usize| (phone * STREAMS + stream) * size;
    let packed = AcousticModel::pack(
        |phone, stream| {
            let range = block(phone, stream)..block(phone, stream) + size;
            (&means[range.clone()], &variances[range])
        },
        |phone, stream| {
            let weight = |state: usize, gaussian: usize| {
                weights[(stream * GAUSSIANS + gaussian) * senones + phone * STATES + state]
            };
            (0..STATES)
                .flat_map(|state| (0..GAUSSIANS).map(move |gaussian| weight(state, gaussian)))
                .collect()
        },
    );
    AcousticModel::parse(&packed).map_err(io::Error::other)?;
    println!("{output}: {} bytes", packed.len());
    fs::write(output, packed)
}

/// What is needed of the binary model definition.
struct Definition {
    phones: Vec<String>,
    /// Tied states, the context-independent ones first.
    senones: usize,
}

impl Definition {
    fn read(bytes: &[u8]) -> io::Result<Self> {
        if !bytes.starts_with(b"BMDF") {
            return Err(damaged("mdef is not a binary model definition"));
        }
        let format_length = integer(bytes, 8)?;
        let counts = 12 + format_length;
        let phone_count = integer(bytes, counts)?;
        if integer(bytes, counts + 12)? != phone_count * STATES {
            return Err(damaged("mdef has another number of states"));
        }
        let senones = integer(bytes, counts + 16)?;
        let phones = bytes
            .get(counts + 40..)
            .ok_or_else(|| damaged("mdef is too short"))?
            .split(|&byte| byte == 0)
            .take(phone_count)
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect();
        Ok(Self { phones, senones })
    }
}

/// All numbers of a Sphinx "gauden" file: `[codebook][stream][gaussian][dimension]`.
fn parameters(bytes: &[u8]) -> io::Result<Vec<f32>> {
    const END: &[u8] = b"endhdr\n";
    let header = bytes
        .windows(END.len())
        .position(|window| window == END)
        .ok_or_else(|| damaged("no header"))?
        + END.len();
    if integer(bytes, header)? != 0x1122_3344 {
        return Err(damaged("other byte order"));
    }
    let shape: Vec<usize> = (0..6)
        .map(|index| integer(bytes, header + 4 + 4 * index))
        .collect::<io::Result<_>>()?;
    if shape != [Phone::COUNT, STREAMS, GAUSSIANS, DIMENSIONS, DIMENSIONS, DIMENSIONS] {
        return Err(damaged("other shape"));
    }
    let count = integer(bytes, header + 28)?;
    let body = bytes
        .get(header + 32..header + 32 + 4 * count)
        .ok_or_else(|| damaged("too short"))?;
    if count != Phone::COUNT * STREAMS * GAUSSIANS * DIMENSIONS {
        return Err(damaged("other size"));
    }
    Ok(body
        .chunks_exact(4)
        .map(|number| f32::from_le_bytes([number[0], number[1], number[2], number[3]]))
        .collect())
}

fn integer(bytes: &[u8], at: usize) -> io::Result<usize> {
    bytes
        .get(at..at + 4)
        .map(|number| u32::from_le_bytes([number[0], number[1], number[2], number[3]]) as usize)
        .ok_or_else(|| damaged("too short"))
}

fn damaged(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
