//! The guest's memory as preview 1 uses it, in which no address is to be trusted, and what is answered to a bad one.

use bellwire_core::PluginFault;

/// As preview 1 numbers them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Errno {
    BadDescriptor = 8,
    Fault = 21,
    Invalid = 28,
    NotSupported = 52,
    IllegalSeek = 70,
}

/// Why a function does not do what it is asked.
pub(super) enum Refusal {
    Errno(Errno),
    Fault(PluginFault),
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

/// How many bytes it moved.
pub(super) type Done = Result<u64, Refusal>;

pub(super) struct Memory<'a>(&'a mut [u8]);

impl<'a> Memory<'a> {
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self(bytes)
    }

    pub fn slice(&mut self, at: u32, length: u32) -> Result<&mut [u8], Errno> {
        let rest = self.0.get_mut(at as usize..).ok_or(Errno::Fault)?;
        rest.get_mut(..length as usize).ok_or(Errno::Fault)
    }

    pub fn get<const N: usize>(&self, at: u32) -> Result<[u8; N], Errno> {
        self.0.get(at as usize..).and_then(|rest| rest.first_chunk()).copied().ok_or(Errno::Fault)
    }

    pub fn put<const N: usize>(&mut self, at: u32, bytes: [u8; N]) -> Done {
        let rest = self.0.get_mut(at as usize..).and_then(|rest| rest.first_chunk_mut());
        *rest.ok_or(Errno::Fault)? = bytes;
        Ok(0)
    }

    /// The `index`th of a list of buffers: where it lies, and how long it is.
    pub fn vector(&self, vectors: u32, index: u32) -> Result<(u32, u32), Errno> {
        let at = vectors.checked_add(index * 8).ok_or(Errno::Fault)?;
        let length = self.get(at.checked_add(4).ok_or(Errno::Fault)?)?;
        Ok((u32::from_le_bytes(self.get(at)?), u32::from_le_bytes(length)))
    }
}
