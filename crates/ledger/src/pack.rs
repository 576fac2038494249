//! Records without what they repeat.
//!
//! Two seals of one signer differ in a few hundred octets: the digests, the signature value, the time and the ids. The
//! certificates and OCSP responses in them are the same. So the seal of one record becomes a [`Dictionary`], which the
//! store keeps once, and later records of the same signer are kept as LZ4 blocks that refer to it. Version 2 of a
//! record's content:
//!
//! ```text
//! 02 | SHA-256 of the dictionary (32 octets) | length (4 octets, big-endian) | LZ4 block of a version 1 content
//! ```
//!
//! The block format is the one of the LZ4 project, `lz4_Block_format.md`. A dictionary holds the parts of a seal:
//! certificates, OCSP responses, and the digests of one message. It stays when records go, and who guesses that message can
//! see that the guess is right.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes};
use simpul_core::{DigestAlgorithm, MemberId, limits};
use simpul_trust::{Seal, hash};

use crate::record::{Direction, NewRecord};
use crate::stored::{DecodeError, encode_content};

/// What many records have in common.
#[derive(Debug, PartialEq, Eq)]
pub struct Dictionary {
    id: DictionaryId,
    octets: Bytes,
}

/// The SHA-256 of a dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DictionaryId([u8; 32]);

/// Makes records small, and dictionaries when none fits.
///
/// It remembers the dictionaries that it gave out, so a store that could not keep one must begin with a new packer.
#[derive(Debug, Default)]
pub struct Packer {
    /// Latest used last.
    known: VecDeque<Known>,
}

/// A record's content as a store keeps it.
#[derive(Debug)]
pub struct Packed {
    /// In version 1 or 2.
    pub content: Vec<u8>,
    /// A dictionary that the content refers to and that no content before it did: to be kept with it.
    pub new: Option<Arc<Dictionary>>,
}

#[derive(Debug)]
struct Known {
    of: Signer,
    dictionary: Arc<Dictionary>,
    /// Records that were packed with it.
    uses: usize,
}

/// Whose seals are alike: those of one member, with a hash chain or without.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Signer(MemberId, bool);

const V2: u8 = 2;
/// Octets before the block.
const HEAD: usize = 1 + 32 + 4;
/// Records that a dictionary serves at least, so that a member with several keys does not make one for each record.
const LEAST_USES: usize = 32;

impl Packer {
    /// Packs one record.
    pub fn pack(&mut self, record: &NewRecord) -> Packed {
        let content = encode_content(record);
        let signer = Signer::of(record);
        let place = self.known.iter().rposition(|known| known.of == signer);
        if let Some(mut known) = place.and_then(|place| self.known.remove(place)) {
            known.uses += 1;
            let packed = known.dictionary.pack(&content);
            // A new certificate or a new OCSP response makes a seal that its dictionary does not know.
            let fits = packed.as_ref().is_some_and(|packed| packed.len() <= content.len() / 2);
            if fits || known.uses < LEAST_USES {
                self.known.push_back(known);
                return Packed { content: packed.unwrap_or(content), new: None };
            }
        }
        let Some(dictionary) = Dictionary::of(&record.seal).map(Arc::new) else {
            return Packed { content, new: None };
        };
        let Some(packed) = dictionary.pack(&content) else { return Packed { content, new: None } };
        if self.known.len() == limits::LEDGER_DICTIONARIES {
            self.known.pop_front();
        }
        self.known.push_back(Known { of: signer, dictionary: Arc::clone(&dictionary), uses: 0 });
        Packed { content: packed, new: Some(dictionary) }
    }
}

impl Dictionary {
    /// From octets that a store kept under `id`; `None` if they are others.
    #[must_use]
    pub fn read(id: DictionaryId, octets: Bytes) -> Option<Self> {
        (DictionaryId::of(&octets) == id).then_some(Self { id, octets })
    }

    /// By what records name it.
    #[must_use]
    pub fn id(&self) -> DictionaryId {
        self.id
    }

    /// What a store keeps.
    #[must_use]
    pub fn octets(&self) -> &Bytes {
        &self.octets
    }

    /// The parts of a seal; `None` if they are longer than LZ4 looks back.
    fn of(seal: &Seal) -> Option<Self> {
        let chains = [&seal.hash_chain_result, &seal.hash_chain].into_iter().flatten();
        let octets: Vec<u8> = chains.chain([&seal.signature]).flat_map(|part| part.iter().copied()).collect();
        let fits = octets.len() <= limits::LEDGER_DICTIONARY;
        fits.then(|| Self { id: DictionaryId::of(&octets), octets: octets.into() })
    }

    /// The content in version 2, unless it is none smaller.
    fn pack(&self, content: &[u8]) -> Option<Vec<u8>> {
        let len = u32::try_from(content.len()).ok()?;
        let block = lz4_flex::block::compress_with_dict(content, &self.octets);
        let mut out = Vec::with_capacity(HEAD + block.len());
        out.put_u8(V2);
        out.put_slice(&self.id.0);
        out.put_u32(len);
        out.put_slice(&block);
        (out.len() < content.len()).then_some(out)
    }
}

/// The dictionary without which a content cannot be read; `None` if it needs none.
#[must_use]
pub fn needs(content: &[u8]) -> Option<DictionaryId> {
    let (V2, rest) = content.split_first().map(|(v, rest)| (*v, rest))? else { return None };
    rest.first_chunk().copied().map(DictionaryId)
}

/// A content of version 1 as it is, and one of version 2 unpacked with the dictionary that it [`needs`].
pub fn unpack(content: Bytes, dictionary: Option<&Dictionary>) -> Result<Bytes, DecodeError> {
    let Some(id) = needs(&content) else { return Ok(content) };
    let dictionary = dictionary.filter(|d| d.id == id).ok_or(DecodeError::Dictionary)?;
    let mut rest = content;
    rest.advance(HEAD - 4);
    let len = rest.try_get_u32().map_err(|_| DecodeError::Short)?;
    let len = usize::try_from(len).ok().filter(|len| *len <= limits::LOGGED_CONTENT).ok_or(DecodeError::Block)?;
    let octets = lz4_flex::block::decompress_with_dict(&rest, len, &dictionary.octets);
    octets.ok().filter(|octets| octets.len() == len).map(Bytes::from).ok_or(DecodeError::Block)
}

impl DictionaryId {
    /// From a column; `None` unless it has 32 octets.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        octets.try_into().ok().map(Self)
    }

    /// For a column.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of(octets: &[u8]) -> Self {
        let mut id = [0; 32];
        let digest = hash::digest(DigestAlgorithm::Sha256, octets);
        id.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
        Self(id)
    }
}

impl Signer {
    fn of(record: &NewRecord) -> Self {
        let member = match record.direction {
            Direction::Request => record.client.member(),
            Direction::Response => record.service.provider.member(),
        };
        Self(member.clone(), record.seal.hash_chain.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::record;
    use crate::stored::decode_content;

    /// A record of the member 3201 whose seal has `fixed` octets that stay and a few that do not.
    fn sealed(n: u32, fixed: u8) -> NewRecord {
        let mut record = record(n);
        // A text that repeats nothing of itself.
        let mut state = u32::from(fixed);
        let fixed: String = (0..4000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                char::from(b'A' + (state >> 24) as u8 % 58)
            })
            .collect();
        record.seal.signature = format!("<s>{n:08}{fixed}</s>").into();
        record
    }

    fn read(packed: &Packed, dictionary: Option<&Dictionary>) -> NewRecord {
        let content = unpack(packed.content.clone().into(), dictionary).unwrap();
        let content = decode_content(content).unwrap();
        NewRecord { message: content.message, seal: content.seal, conf: content.conf, ..record(1) }
    }

    #[test]
    fn seals_of_one_signer_share_a_dictionary() {
        let mut packer = Packer::default();
        let first = packer.pack(&sealed(1, 0));
        let dictionary = first.new.clone().unwrap();
        for n in 2..50 {
            let packed = packer.pack(&sealed(n, 0));
            assert!(packed.new.is_none(), "{n}");
            assert_eq!(needs(&packed.content), Some(dictionary.id()));
            assert!(packed.content.len() < 400, "{} octets", packed.content.len());
            assert_eq!(read(&packed, Some(&dictionary)).seal, sealed(n, 0).seal);
        }
        let kept = Dictionary::read(dictionary.id(), dictionary.octets().clone()).unwrap();
        assert_eq!(read(&first, Some(&kept)).seal, sealed(1, 0).seal);
    }

    #[test]
    fn another_seal_makes_another_dictionary_and_two_by_turns_do_not() {
        let mut packer = Packer::default();
        let first = packer.pack(&sealed(1, 0)).new.unwrap();
        let made: Vec<_> = (2..200).filter_map(|n| packer.pack(&sealed(n, (n % 2) as u8)).new).collect();
        assert!((1..=200 / LEAST_USES).contains(&made.len()), "{}", made.len());
        let made: Vec<_> = (200..400).filter_map(|n| packer.pack(&sealed(n, 1)).new).collect();
        assert!(made.len() <= 1 && made.iter().all(|d| d.id() != first.id()), "{}", made.len());
    }

    #[test]
    fn dictionaries_are_bounded() {
        let mut packer = Packer::default();
        for n in 0..=u32::try_from(limits::LEDGER_DICTIONARIES).unwrap() {
            let mut record = sealed(n, 0);
            record.direction = Direction::Request;
            record.client = format!("ID/GOV/{n}/manpower").parse().unwrap();
            assert!(packer.pack(&record).new.is_some());
        }
        assert_eq!(packer.known.len(), limits::LEDGER_DICTIONARIES);
        let mut long = sealed(1, 0);
        long.seal.signature = vec![b'x'; limits::LEDGER_DICTIONARY + 1].into();
        long.client = "ID/GOV/long/manpower".parse().unwrap();
        long.direction = Direction::Request;
        let packed = packer.pack(&long);
        assert!(packed.new.is_none() && needs(&packed.content).is_none());
    }

    /// Version 2, written by hand: the dictionary `<seal/>` and a block of literals alone. A block is a token (15
    /// literals or more: f0), the further length, and the literals.
    #[test]
    fn version_2_stays_readable() {
        let dictionary = Dictionary::read(DictionaryId::of(b"<seal/>"), "<seal/>".into()).unwrap();
        let v1 = b"\x01\0\0\0\x05GET\r\n\0\0\0\x04<s/>\0\0\0\0".as_slice();
        let head = [&[2][..], dictionary.id().as_bytes(), &[0, 0, 0, 22, 0xf0, 7]].concat();
        let content = unpack([&head, v1].concat().into(), Some(&dictionary)).unwrap();
        assert_eq!(content, v1);
        assert_eq!(decode_content(content).unwrap().message, "GET\r\n");
    }

    #[test]
    fn what_was_changed_is_refused() {
        let mut packer = Packer::default();
        let packed = packer.pack(&sealed(1, 0));
        let dictionary = packed.new.unwrap();
        let content = packed.content;
        let read = |content: &[u8], d| unpack(Bytes::copy_from_slice(content), d);
        assert_eq!(read(&content, None), Err(DecodeError::Dictionary));
        let other = Dictionary::of(&sealed(2, 1).seal).unwrap();
        assert_eq!(read(&content, Some(&other)), Err(DecodeError::Dictionary));
        assert_eq!(Dictionary::read(dictionary.id(), other.octets().clone()), None);
        for cut in 33..content.len() {
            assert!(read(&content[..cut], Some(&dictionary)).is_err(), "cut at {cut}");
        }
        let mut greedy = content.clone();
        greedy[33..37].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(read(&greedy, Some(&dictionary)), Err(DecodeError::Block));
        let mut longer = content;
        longer[36] ^= 1;
        assert_eq!(read(&longer, Some(&dictionary)), Err(DecodeError::Block));
    }
}
