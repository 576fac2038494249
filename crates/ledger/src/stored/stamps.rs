//! Timestamps as they are stored.

use bytes::{BufMut, Bytes};
use simpul_core::{Digest, DigestAlgorithm, limits};
use simpul_trust::seal::chain::{Branch, Path};

use super::{DecodeError, V1, put_octets, take_array, take_octets, take_u8, version};
use crate::record::Stamp;

const SINGLE: u8 = 1;
const IMPOSSIBLE: u8 = 2;
const BATCH: u8 = 3;
const LEFT: u8 = 0;
const RIGHT: u8 = 1;

/// Writes what a stamp says of its own record, in version 1.
#[must_use]
pub fn encode_stamp(stamp: &Stamp) -> Vec<u8> {
    let mut out = vec![V1];
    match stamp {
        Stamp::Single { token } => {
            out.put_u8(SINGLE);
            out.put_slice(token);
        }
        Stamp::Impossible { why } => {
            out.put_u8(IMPOSSIBLE);
            out.put_slice(why.as_bytes());
        }
        Stamp::Batch { chain, .. } => {
            out.put_u8(BATCH);
            // A tree over `limits::STAMP_BATCH` records has 14 steps.
            out.put_u8(u8::try_from(chain.steps.len()).unwrap_or(u8::MAX));
            for branch in &chain.steps {
                let (side, digest) = match branch {
                    Branch::Left(digest) => (LEFT, digest),
                    Branch::Right(digest) => (RIGHT, digest),
                };
                out.put_u8(side);
                out.put_slice(digest.as_bytes());
            }
        }
    }
    out
}

/// Writes what the stamps of a batch have in common, in version 1; `None` for a stamp of no batch.
#[must_use]
pub fn encode_batch(stamp: &Stamp) -> Option<Vec<u8>> {
    let Stamp::Batch { token, result, .. } = stamp else { return None };
    let mut out = vec![V1];
    put_octets(&mut out, token);
    put_octets(&mut out, result);
    Some(out)
}

/// Reads a stamp, with what it has in common with its batch if it is of one.
pub fn decode_stamp(mut stored: Bytes, batch: Option<Bytes>) -> Result<Stamp, DecodeError> {
    version(&mut stored)?;
    match (take_u8(&mut stored)?, batch) {
        (SINGLE, None) => Ok(Stamp::Single { token: stored }),
        (IMPOSSIBLE, None) => {
            let why = std::str::from_utf8(&stored).map_err(|_| DecodeError::Text)?.to_owned();
            Ok(Stamp::Impossible { why })
        }
        (BATCH, Some(batch)) => {
            let chain = decode_chain(stored)?;
            let (token, result) = decode_batch(batch)?;
            Ok(Stamp::Batch { token, result, chain })
        }
        (SINGLE | IMPOSSIBLE, Some(_)) | (BATCH, None) => Err(DecodeError::Batch),
        (other, _) => Err(DecodeError::Value(other.into())),
    }
}

fn decode_chain(mut stored: Bytes) -> Result<Path, DecodeError> {
    let count = take_u8(&mut stored)?;
    if usize::from(count) > limits::HASH_CHAIN_DEPTH {
        return Err(DecodeError::Value(count.into()));
    }
    let mut steps = Vec::with_capacity(count.into());
    for _ in 0..count {
        let side = take_u8(&mut stored)?;
        let digest: [u8; 64] = take_array(&mut stored)?;
        let digest = Digest::new(DigestAlgorithm::Sha512, &digest).ok_or(DecodeError::Short)?;
        steps.push(match side {
            LEFT => Branch::Left(digest),
            RIGHT => Branch::Right(digest),
            other => return Err(DecodeError::Value(other.into())),
        });
    }
    if stored.is_empty() { Ok(Path { steps }) } else { Err(DecodeError::Trailing(stored.len())) }
}

fn decode_batch(mut stored: Bytes) -> Result<(Bytes, Bytes), DecodeError> {
    version(&mut stored)?;
    let (token, result) = (take_octets(&mut stored)?, take_octets(&mut stored)?);
    if stored.is_empty() { Ok((token, result)) } else { Err(DecodeError::Trailing(stored.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha512(octet: u8) -> Digest {
        Digest::new(DigestAlgorithm::Sha512, &[octet; 64]).unwrap()
    }

    fn batch() -> Stamp {
        Stamp::Batch {
            token: Bytes::from_static(b"\x30\x00"),
            result: Bytes::from_static(b"<r/>"),
            chain: Path { steps: vec![Branch::Left(sha512(0xaa)), Branch::Right(sha512(0xbb))] },
        }
    }

    /// Written by hand from the table at the head of module `stored`.
    fn golden() -> (Vec<u8>, Vec<u8>) {
        let stamp = [b"\x01\x03\x02\x00".as_slice(), &[0xaa; 64], b"\x01", &[0xbb; 64]].concat();
        (stamp, b"\x01\0\0\0\x02\x30\0\0\0\0\x04<r/>".to_vec())
    }

    #[test]
    fn version_1_of_a_stamp_stays_readable() {
        let stamps = [
            (Stamp::Single { token: Bytes::from_static(b"\x30\x00") }, b"\x01\x01\x30\x00".as_slice()),
            (Stamp::Impossible { why: "no value".into() }, b"\x01\x02no value".as_slice()),
        ];
        for (stamp, octets) in stamps {
            assert_eq!((encode_stamp(&stamp), encode_batch(&stamp)), (octets.to_vec(), None));
            assert_eq!(decode_stamp(octets.into(), None), Ok(stamp));
            assert_eq!(decode_stamp(octets.into(), Some(golden().1.into())), Err(DecodeError::Batch));
        }
        let (own, common) = golden();
        assert_eq!((encode_stamp(&batch()), encode_batch(&batch())), (own.clone(), Some(common.clone())));
        assert_eq!(decode_stamp(own.clone().into(), Some(common.into())), Ok(batch()));
        assert_eq!(decode_stamp(own.into(), None), Err(DecodeError::Batch));
        assert_eq!(decode_stamp(Bytes::from_static(b"\x01\x04"), None), Err(DecodeError::Value(4)));
        assert_eq!(decode_stamp(Bytes::from_static(b"\x01\x02\xff"), None), Err(DecodeError::Text));
        assert_eq!(decode_stamp(Bytes::from_static(b"\x02\x01"), None), Err(DecodeError::UnknownVersion(2)));
    }

    #[test]
    fn a_cut_lengthened_or_deeper_chain_is_refused() {
        let (own, common) = golden();
        let read =
            |own: &[u8], common: &[u8]| decode_stamp(Bytes::copy_from_slice(own), Some(Bytes::copy_from_slice(common)));
        for cut in 0..own.len() {
            assert_eq!(read(&own[..cut], &common), Err(DecodeError::Short), "cut at {cut}");
        }
        for cut in 0..common.len() {
            assert_eq!(read(&own, &common[..cut]), Err(DecodeError::Short), "cut at {cut}");
        }
        assert_eq!(read(&[own.clone(), vec![0]].concat(), &common), Err(DecodeError::Trailing(1)));
        assert_eq!(read(&own, &[common.clone(), vec![0]].concat()), Err(DecodeError::Trailing(1)));
        let mut side = own.clone();
        side[3] = 2;
        assert_eq!(read(&side, &common), Err(DecodeError::Value(2)));
        let deep = |n: u8| [vec![1, 3, n], [0; 65].repeat(n.into())].concat();
        assert!(read(&deep(64), &common).is_ok());
        assert_eq!(read(&deep(65), &common), Err(DecodeError::Value(65)));
    }
}
