//! The little that a program of the JSON door has of a world: three streams, a clock and a source of random numbers,
//! all of which follow from the call's own arguments.

use crate::{LogLevel, bindings::clip, call::Log};
use bellwire_core::{Instant, PluginFault};
use sha2::{Digest, Sha256};
use std::mem;

/// What the clock shows where there are no facts: 2023-11-14T22:13:20Z. Not 0, at which Go refuses to start.
const EPOCH: Instant = Instant::from_millis(1_700_000_000_000);
/// A line of stderr may begin with its level.
const LEVELS: [(&str, LogLevel); 4] = [
    ("debug: ", LogLevel::Debug),
    ("info: ", LogLevel::Info),
    ("warn: ", LogLevel::Warn),
    ("error: ", LogLevel::Error),
];

/// One run of a program.
#[derive(Default)]
pub(crate) struct Process {
    /// What it is asked: its only argument.
    question: &'static str,
    stdin: Vec<u8>,
    read: usize,
    stdout: Vec<u8>,
    /// The line that stderr is at, as far as the log would keep it.
    line: Vec<u8>,
    /// The line before, for whoever asks why the program gave up.
    last_line: String,
    /// In nanoseconds.
    time: u64,
    random: SplitMix64,
}

impl Process {
    pub fn new(question: &'static str, stdin: Vec<u8>) -> Self {
        let process = Self { question, stdin, ..Self::default() };
        process.at(EPOCH, "")
    }

    /// Sets the clock, and seeds the random numbers by it and what the call is about.
    pub fn at(self, now: Instant, subject: &str) -> Self {
        let millis = now.as_millis();
        Self { time: millis.saturating_mul(1_000_000), random: SplitMix64::seeded(subject, millis), ..self }
    }

    pub fn question(&self) -> &'static str {
        self.question
    }

    pub fn time(&self) -> u64 {
        self.time
    }

    /// A sleep does not sleep: the clock goes forward at once.
    pub fn wait(&mut self, nanoseconds: u64) {
        self.time = self.time.saturating_add(nanoseconds);
    }

    pub fn random(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.random.next().to_le_bytes()[..chunk.len()]);
        }
    }

    /// How many bytes of stdin there were for `to`; 0 at its end.
    pub fn read(&mut self, to: &mut [u8]) -> usize {
        let rest = &self.stdin[self.read..];
        let taken = rest.len().min(to.len());
        to[..taken].copy_from_slice(&rest[..taken]);
        self.read += taken;
        taken
    }

    pub fn write(&mut self, bytes: &[u8], max: usize) -> Result<(), PluginFault> {
        if bytes.len() > max - self.stdout.len().min(max) {
            return Err(PluginFault::OutputTooLarge(format!("more than {max} bytes on stdout")));
        }
        self.stdout.extend_from_slice(bytes);
        Ok(())
    }

    pub fn write_log(&mut self, bytes: &[u8], log: &mut Log) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = piece.strip_suffix(b"\n").map_or((piece, false), |text| (text, true));
            let room = log.line_bytes_max() - self.line.len().min(log.line_bytes_max());
            self.line.extend_from_slice(&text[..text.len().min(room)]);
            if ended {
                self.end_line(log);
            }
        }
    }

    /// The program is over, and with it its last line.
    pub fn end_log(&mut self, log: &mut Log) {
        if !self.line.is_empty() {
            self.end_line(log);
        }
    }

    fn end_line(&mut self, log: &mut Log) {
        let line = mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        let leveled = LEVELS.iter().find_map(|(prefix, level)| Some((*level, line.strip_prefix(prefix)?)));
        let (level, message) = leveled.unwrap_or((LogLevel::Info, line));
        // Bytes that were no UTF-8 may have become more.
        let message = log.clip(message);
        self.last_line = message.to_owned();
        log.push(level, message.to_owned());
    }

    /// With the last thing that it said.
    pub fn exited(&self, code: u32) -> PluginFault {
        PluginFault::Failed(clip(match &*self.last_line {
            "" => format!("it exited with code {code} and said nothing on stderr"),
            why => format!("it exited with code {code}: {why}"),
        }))
    }

    pub fn take_stdout(&mut self) -> Vec<u8> {
        mem::take(&mut self.stdout)
    }
}

/// Steele, Lea and Flood's generator (2014), which seeds those of Java and many others. Languages seed their hash maps
/// from it; nothing here is a secret.
#[derive(Default)]
struct SplitMix64(u64);

impl SplitMix64 {
    /// The first eight bytes, little-endian, of the SHA-256 of `SUBJECT MILLISECONDS`.
    fn seeded(subject: &str, millis: u64) -> Self {
        let digest = Sha256::digest(format!("{subject} {millis}"));
        Self(digest.iter().take(8).rev().fold(0, |seed, byte| seed << 8 | u64::from(*byte)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's first numbers for the seed 1234567.
    #[test]
    fn random_numbers_are_the_well_known_ones() {
        let mut random = SplitMix64(1_234_567);
        let numbers = [random.next(), random.next(), random.next()];
        assert_eq!(numbers, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn stdin_ends() {
        let mut process = Process::new("check", b"settings".to_vec());
        let mut buffer = [0; 5];
        assert_eq!((process.read(&mut buffer), &buffer), (5, b"setti"));
        assert_eq!((process.read(&mut buffer), &buffer[..3]), (3, &b"ngs"[..]));
        assert_eq!((process.read(&mut buffer), process.read(&mut [])), (0, 0));
    }
}
