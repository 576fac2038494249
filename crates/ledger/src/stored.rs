//! The octets that a store keeps, the same in every store and readable for ever.
//!
//! Each value starts with its version; a reader refuses a version that it does not know. Version 1 of a record:
//!
//! ```text
//! 01 | message | signature | result? | chain? | body | n (1 octet) | n × 32 octets of configuration ids
//! octet string:  length (4 octets, big-endian) | octets
//! x?:            00, or 01 | octet string
//! body:          00, or 01 (kept beside the record), or 02 | length (8 octets, big-endian) | SHA-512
//! ```
//!
//! Version 1 of a body is `01` and its octets. Version 1 of a stamp:
//!
//! ```text
//! 01 | 01 | token                                   a token of its own
//! 01 | 02 | words                                   none, and why
//! 01 | 03 | n (1 octet) | n × (side, SHA-512)       a batch; the way from the root to the signature
//! side:           00 the way goes left, 01 right; the digest is that of the other side
//! batch:          01 | token | result               octet strings; stored once, beside the stamps
//! ```
//!
//! Version 2 of a record is version 1, packed: module [`pack`](crate::pack).
//!
//! What lists search by (time, side, parties, ids) stands in columns and not here.

use bytes::{Buf, BufMut, Bytes};
use simpul_core::ident::{ServiceCode, ServiceVersion};
use simpul_core::{ClientId, IdError, ServiceId};
use simpul_trust::Seal;

use crate::record::{ConfId, Direction, LoggedBody, NewRecord, Side, StampState};

mod stamps;

pub use self::stamps::{decode_stamp, encode_batch, encode_stamp};

/// Why stored octets cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A later program wrote them.
    #[error("format version {0} is not known")]
    UnknownVersion(u8),
    /// They end too early.
    #[error("the octets end too early")]
    Short,
    /// Octets follow where none belong.
    #[error("{0} octets follow where none belong")]
    Trailing(usize),
    /// A value is none of those that the format knows.
    #[error("{0} is none of the values that the format knows")]
    Value(i64),
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
    /// A stamp lacks the batch that it speaks of, or has one that it does not speak of.
    #[error("the batch of a timestamp is missing or does not belong there")]
    Batch,
    /// The dictionary of a packed record is missing or another one.
    #[error("the dictionary that the record refers to is missing")]
    Dictionary,
    /// The packed octets of a record are not what their length says.
    #[error("the packed octets cannot be unpacked")]
    Block,
    /// An identifier cannot be read.
    #[error("an identifier cannot be read")]
    Id(#[source] IdError),
}

/// The part of a record that does not stand in columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The message block.
    pub message: Bytes,
    /// The seal.
    pub seal: Seal,
    /// What is known of the body.
    pub body: BodyNote,
    /// The configurations in force.
    pub conf: Vec<ConfId>,
}

/// What a record says of its body; the octets stand beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyNote {
    /// No body part.
    None,
    /// All of it stands beside the record.
    Whole,
    /// Too long to keep.
    Truncated {
        /// Its octets.
        len: u64,
        /// Their SHA-512.
        sha512: [u8; 64],
    },
}

const V1: u8 = 1;

/// Writes what does not stand in columns, in version 1.
#[must_use]
pub fn encode_content(record: &NewRecord) -> Vec<u8> {
    let fixed = 128 + record.conf.len() * 32;
    let mut out = Vec::with_capacity(record.octets() - record.body.kept() + fixed);
    out.put_u8(V1);
    put_octets(&mut out, &record.message);
    put_octets(&mut out, &record.seal.signature);
    put_optional(&mut out, record.seal.hash_chain_result.as_ref());
    put_optional(&mut out, record.seal.hash_chain.as_ref());
    match &record.body {
        LoggedBody::None => out.put_u8(0),
        LoggedBody::Whole(_) => out.put_u8(1),
        LoggedBody::Truncated { len, sha512 } => {
            out.put_u8(2);
            out.put_u64(*len);
            out.put_slice(sha512);
        }
    }
    out.put_u8(u8::try_from(record.conf.len()).unwrap_or(u8::MAX));
    record.conf.iter().take(usize::from(u8::MAX)).for_each(|id| out.put_slice(id.as_bytes()));
    out
}

/// Reads it back; the parts share `stored`'s memory.
pub fn decode_content(mut stored: Bytes) -> Result<Content, DecodeError> {
    version(&mut stored)?;
    let message = take_octets(&mut stored)?;
    let signature = take_octets(&mut stored)?;
    let hash_chain_result = take_optional(&mut stored)?;
    let hash_chain = take_optional(&mut stored)?;
    let body = match take_u8(&mut stored)? {
        0 => BodyNote::None,
        1 => BodyNote::Whole,
        2 => BodyNote::Truncated {
            len: stored.try_get_u64().map_err(|_| DecodeError::Short)?,
            sha512: take_array(&mut stored)?,
        },
        other => return Err(DecodeError::Value(other.into())),
    };
    let confs = take_u8(&mut stored)?;
    let conf = (0..confs).map(|_| take_array(&mut stored).map(ConfId::new)).collect::<Result<Vec<_>, DecodeError>>()?;
    if stored.is_empty() {
        Ok(Content { message, seal: Seal { signature, hash_chain_result, hash_chain }, body, conf })
    } else {
        Err(DecodeError::Trailing(stored.len()))
    }
}

/// Writes a body, in version 1.
#[must_use]
pub fn encode_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 1);
    out.put_u8(V1);
    out.put_slice(body);
    out
}

/// Reads a body; it shares `stored`'s memory.
pub fn decode_body(mut stored: Bytes) -> Result<Bytes, DecodeError> {
    version(&mut stored)?;
    Ok(stored)
}

/// The number of a side in its column.
#[must_use]
pub fn side_number(side: Side) -> i16 {
    match side {
        Side::Consumer => 1,
        Side::Provider => 2,
    }
}

/// The side with this number.
pub fn side_from(number: i16) -> Result<Side, DecodeError> {
    match number {
        1 => Ok(Side::Consumer),
        2 => Ok(Side::Provider),
        other => Err(DecodeError::Value(other.into())),
    }
}

/// The number of a direction in its column.
#[must_use]
pub fn direction_number(direction: Direction) -> i16 {
    match direction {
        Direction::Request => 1,
        Direction::Response => 2,
    }
}

/// The direction with this number.
pub fn direction_from(number: i16) -> Result<Direction, DecodeError> {
    match number {
        1 => Ok(Direction::Request),
        2 => Ok(Direction::Response),
        other => Err(DecodeError::Value(other.into())),
    }
}

/// The number of a stamp state in its column.
#[must_use]
pub fn state_number(state: StampState) -> i16 {
    match state {
        StampState::Waiting => 0,
        StampState::Stamped => 1,
        StampState::Impossible => 2,
    }
}

/// The stamp state with this number.
pub fn state_from(number: i16) -> Result<StampState, DecodeError> {
    match number {
        0 => Ok(StampState::Waiting),
        1 => Ok(StampState::Stamped),
        2 => Ok(StampState::Impossible),
        other => Err(DecodeError::Value(other.into())),
    }
}

/// A party as text that has one reading: parts joined by `/`, with `%`, `/` and `:` in them escaped.
#[must_use]
pub fn client_text(id: &ClientId) -> String {
    id.parts().into_iter().map(escape).collect::<Vec<_>>().join("/")
}

/// Reads [`client_text`].
pub fn client_from(text: &str) -> Result<ClientId, DecodeError> {
    let parts = text.split('/').take(5).map(unescape).collect::<Vec<_>>();
    ClientId::from_parts(&parts.iter().map(String::as_str).collect::<Vec<_>>()).map_err(DecodeError::Id)
}

/// A service as text that has one reading: the provider, `:`, the code, and `:` and the version if it has one.
#[must_use]
pub fn service_text(id: &ServiceId) -> String {
    let mut text = format!("{}:{}", client_text(&id.provider), escape(id.code.as_str()));
    if let Some(version) = &id.version {
        text.push(':');
        text.push_str(&escape(version.as_str()));
    }
    text
}

/// Reads [`service_text`].
pub fn service_from(text: &str) -> Result<ServiceId, DecodeError> {
    let mut fields = text.split(':');
    let provider = client_from(fields.next().unwrap_or_default())?;
    let code: ServiceCode = unescape(fields.next().unwrap_or_default()).parse().map_err(DecodeError::Id)?;
    let version: Option<ServiceVersion> =
        fields.next().map(|v| unescape(v).parse()).transpose().map_err(DecodeError::Id)?;
    match fields.count() {
        0 => Ok(ServiceId { provider, code, version }),
        more => Err(DecodeError::Trailing(more)),
    }
}

fn escape(part: &str) -> String {
    part.replace('%', "%25").replace('/', "%2F").replace(':', "%3A")
}

fn unescape(part: &str) -> String {
    part.replace("%3A", ":").replace("%2F", "/").replace("%25", "%")
}

fn put_octets(out: &mut Vec<u8>, octets: &[u8]) {
    // Longer parts than 4 GiB cannot come here: `Ledger::record` holds each part to its limit.
    out.put_u32(u32::try_from(octets.len()).unwrap_or(u32::MAX));
    out.put_slice(octets);
}

fn put_optional(out: &mut Vec<u8>, octets: Option<&Bytes>) {
    out.put_u8(u8::from(octets.is_some()));
    if let Some(octets) = octets {
        put_octets(out, octets);
    }
}

fn version(stored: &mut Bytes) -> Result<(), DecodeError> {
    match take_u8(stored)? {
        V1 => Ok(()),
        other => Err(DecodeError::UnknownVersion(other)),
    }
}

fn take_u8(stored: &mut Bytes) -> Result<u8, DecodeError> {
    stored.try_get_u8().map_err(|_| DecodeError::Short)
}

fn take_octets(stored: &mut Bytes) -> Result<Bytes, DecodeError> {
    let len = stored.try_get_u32().map_err(|_| DecodeError::Short)?;
    let len = usize::try_from(len).map_err(|_| DecodeError::Short)?;
    if len > stored.len() {
        return Err(DecodeError::Short);
    }
    Ok(stored.split_to(len))
}

fn take_optional(stored: &mut Bytes) -> Result<Option<Bytes>, DecodeError> {
    match take_u8(stored)? {
        0 => Ok(None),
        1 => take_octets(stored).map(Some),
        other => Err(DecodeError::Value(other.into())),
    }
}

fn take_array<const N: usize>(stored: &mut Bytes) -> Result<[u8; N], DecodeError> {
    let (head, _) = stored.split_first_chunk::<N>().ok_or(DecodeError::Short)?;
    let head = *head;
    stored.advance(N);
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use simpul_core::UnixTime;

    fn record() -> NewRecord {
        NewRecord {
            side: Side::Provider,
            direction: Direction::Request,
            at: UnixTime::from_millis(1_698_063_404_857),
            message_id: "ID-1".into(),
            request_id: "r-1".into(),
            client: "ID/GOV/3201/manpower".parse().unwrap(),
            service: "MY/GOV/1001/civil-registry/persons".parse().unwrap(),
            message: Bytes::from_static(b"GET\r\n"),
            body: LoggedBody::Truncated { len: 258, sha512: [0xab; 64] },
            seal: Seal {
                signature: Bytes::from_static(b"<s/>"),
                hash_chain_result: Some(Bytes::from_static(b"<r/>")),
                hash_chain: None,
            },
            conf: vec![ConfId::new([0xcd; 32])],
            refused: None,
        }
    }

    /// Version 1, written by hand from the table at the head of this module.
    fn golden() -> Vec<u8> {
        let mut golden = b"\x01\0\0\0\x05GET\r\n\0\0\0\x04<s/>\x01\0\0\0\x04<r/>\0\x02\0\0\0\0\0\0\x01\x02".to_vec();
        golden.extend([0xab; 64]);
        golden.push(1);
        golden.extend([0xcd; 32]);
        golden
    }

    #[test]
    fn version_1_of_a_record_stays_readable() {
        assert_eq!(encode_content(&record()), golden());
        let content = decode_content(golden().into()).unwrap();
        let expected = record();
        assert_eq!(content.message, expected.message);
        assert_eq!(content.seal, expected.seal);
        assert_eq!(content.conf, expected.conf);
        assert_eq!(content.body, BodyNote::Truncated { len: 258, sha512: [0xab; 64] });
    }

    #[test]
    fn a_cut_lengthened_or_later_record_is_refused() {
        let golden = golden();
        for cut in 0..golden.len() {
            assert_eq!(decode_content(golden[..cut].to_vec().into()), Err(DecodeError::Short), "cut at {cut}");
        }
        let longer = [golden.clone(), vec![0]].concat();
        assert_eq!(decode_content(longer.into()), Err(DecodeError::Trailing(1)));
        let mut later = golden.clone();
        later[0] = 2;
        assert_eq!(decode_content(later.into()), Err(DecodeError::UnknownVersion(2)));
        let mut greedy = golden;
        greedy[1..5].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(decode_content(greedy.into()), Err(DecodeError::Short));
    }

    #[test]
    fn version_1_of_a_body_stays_readable() {
        assert_eq!(encode_body(b"abc"), b"\x01abc");
        assert_eq!(decode_body(Bytes::from_static(b"\x01abc")).unwrap(), "abc");
        assert_eq!(decode_body(Bytes::from_static(b"\x01")).unwrap(), "");
        assert_eq!(decode_body(Bytes::new()), Err(DecodeError::Short));
        assert_eq!(decode_body(Bytes::from_static(b"\x02abc")), Err(DecodeError::UnknownVersion(2)));
    }

    /// wire.md §1.2: the proxies accept separators inside a part, so the stored text must keep them apart.
    #[test]
    fn identifiers_with_separators_have_one_text() {
        let awkward = ["a/b", "a:b", "100%", "%2F", "%25", "%253A", "mgmt service", "é"];
        for part in awkward {
            let member = ClientId::from_parts(&["ID", part, "3201"]).unwrap();
            let subsystem = ClientId::from_parts(&["ID", "GOV", part, part]).unwrap();
            for client in [member, subsystem] {
                assert_eq!(client_from(&client_text(&client)).unwrap(), client);
                for version in [None, Some(part.parse().unwrap())] {
                    let service = ServiceId { provider: client.clone(), code: part.parse().unwrap(), version };
                    assert_eq!(service_from(&service_text(&service)).unwrap(), service);
                }
            }
        }
        let inner = ClientId::from_parts(&["ID", "GOV", "a/b"]).unwrap();
        let outer = ClientId::from_parts(&["ID", "GOV", "a", "b"]).unwrap();
        assert_ne!(client_text(&inner), client_text(&outer));
        assert!(client_from("ID/GOV/1/a/b").is_err());
        assert!(service_from("ID/GOV/1/a").is_err());
        assert!(service_from("ID/GOV/1/a:s:v:x").is_err());
    }

    #[test]
    fn numbers_in_columns_are_closed() {
        for side in [Side::Consumer, Side::Provider] {
            assert_eq!(side_from(side_number(side)), Ok(side));
        }
        for direction in [Direction::Request, Direction::Response] {
            assert_eq!(direction_from(direction_number(direction)), Ok(direction));
        }
        for state in [StampState::Waiting, StampState::Stamped, StampState::Impossible] {
            assert_eq!(state_from(state_number(state)), Ok(state));
        }
        assert_eq!(side_from(0), Err(DecodeError::Value(0)));
        assert_eq!(direction_from(3), Err(DecodeError::Value(3)));
        assert_eq!(state_from(3), Err(DecodeError::Value(3)));
    }
}
