//! From BER to DER: timestamp services answer in BER, with indefinite lengths and strings in pieces.

/// Nesting that is followed; a timestamp needs about a dozen levels.
const DEPTH: usize = 32;

const CONSTRUCTED: u8 = 0x20;
const OCTET_STRING: u8 = 0x04;
const INDEFINITE: u8 = 0x80;
const LONG_TAG: u8 = 0x1f;

/// The input is no BER value, has bytes after it, or nests too deep.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one BER value")]
pub(super) struct BerError;

/// Rewrites one BER value with definite, minimal lengths and octet strings in one piece. Values that are DER come
/// out unchanged. The order within sets and the spelling of booleans and integers stay as they are.
pub(super) fn to_der(ber: &[u8]) -> Result<Vec<u8>, BerError> {
    let mut out = Vec::with_capacity(ber.len());
    match value(ber, DEPTH, &mut out)? {
        [] => Ok(out),
        _ => Err(BerError),
    }
}

/// Rewrites the first value of `input` and returns what follows it.
fn value<'a>(input: &'a [u8], depth: usize, out: &mut Vec<u8>) -> Result<&'a [u8], BerError> {
    let depth = depth.checked_sub(1).ok_or(BerError)?;
    let (&tag, rest) = input.split_first().ok_or(BerError)?;
    if tag & LONG_TAG == LONG_TAG || tag == 0 {
        return Err(BerError);
    }
    let constructed = tag & CONSTRUCTED != 0;
    let (content, after) = match length(rest)? {
        (Some(n), rest) => {
            let (content, after) = rest.split_at_checked(n).ok_or(BerError)?;
            (if constructed { children(content, depth)? } else { content.to_vec() }, after)
        }
        (None, rest) if constructed => children_to_end(rest, depth)?,
        (None, _) => return Err(BerError),
    };
    if tag == OCTET_STRING | CONSTRUCTED {
        put(OCTET_STRING, &joined(&content)?, out)?;
    } else {
        put(tag, &content, out)?;
    }
    Ok(after)
}

fn children(mut input: &[u8], depth: usize) -> Result<Vec<u8>, BerError> {
    let mut out = Vec::with_capacity(input.len());
    while !input.is_empty() {
        input = value(input, depth, &mut out)?;
    }
    Ok(out)
}

/// Children up to the end-of-contents octets.
fn children_to_end(mut input: &[u8], depth: usize) -> Result<(Vec<u8>, &[u8]), BerError> {
    let mut out = Vec::new();
    loop {
        match input {
            [0, 0, after @ ..] => return Ok((out, after)),
            _ => input = value(input, depth, &mut out)?,
        }
    }
}

/// The contents of octet strings that follow each other.
fn joined(mut pieces: &[u8]) -> Result<Vec<u8>, BerError> {
    let mut whole = Vec::with_capacity(pieces.len());
    while let Some((&tag, rest)) = pieces.split_first() {
        let (Some(n), rest) = length(rest)? else { return Err(BerError) };
        let (content, after) = rest.split_at_checked(n).ok_or(BerError)?;
        if tag != OCTET_STRING {
            return Err(BerError);
        }
        whole.extend_from_slice(content);
        pieces = after;
    }
    Ok(whole)
}

/// A length, `None` for the indefinite form, and what follows it.
fn length(input: &[u8]) -> Result<(Option<usize>, &[u8]), BerError> {
    let (&first, rest) = input.split_first().ok_or(BerError)?;
    match first {
        INDEFINITE => Ok((None, rest)),
        short if short < INDEFINITE => Ok((Some(usize::from(short)), rest)),
        long => {
            let (octets, rest) = rest.split_at_checked(usize::from(long & !INDEFINITE)).ok_or(BerError)?;
            let mut significant = octets.iter().skip_while(|b| **b == 0).peekable();
            let n = significant.by_ref().take(4).fold(0_usize, |n, b| (n << 8) | usize::from(*b));
            match significant.next() {
                None => Ok((Some(n), rest)),
                Some(_) => Err(BerError),
            }
        }
    }
}

/// Appends tag, minimal length and content.
pub(super) fn put(tag: u8, content: &[u8], out: &mut Vec<u8>) -> Result<(), BerError> {
    out.push(tag);
    let n = u32::try_from(content.len()).map_err(|_| BerError)?;
    match u8::try_from(n) {
        Ok(short) if short < INDEFINITE => out.push(short),
        _ => {
            let octets: Vec<u8> = n.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
            out.push(INDEFINITE | u8::try_from(octets.len()).map_err(|_| BerError)?);
            out.extend_from_slice(&octets);
        }
    }
    out.extend_from_slice(content);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_stays_as_it_is() {
        let long = [&[0x30, 0x82, 0x01, 0x04, 0x04, 0x82, 0x01, 0x00][..], &[7; 256]].concat();
        for der in [&[0x05, 0x00][..], &[0x30, 0x03, 0x02, 0x01, 0x05], &long] {
            assert_eq!(to_der(der).unwrap(), der);
        }
    }

    /// X.690 §8.1.3.6 (indefinite length), §8.1.3.5 (long form), §8.7.3 (constructed octet string).
    #[test]
    fn ber_forms_become_der() {
        let indefinite = [0x30, 0x80, 0xa0, 0x80, 0x02, 0x01, 0x05, 0, 0, 0, 0];
        assert_eq!(to_der(&indefinite).unwrap(), [0x30, 0x05, 0xa0, 0x03, 0x02, 0x01, 0x05]);
        let long = [0x30, 0x84, 0, 0, 0, 3, 0x02, 0x01, 0x05];
        assert_eq!(to_der(&long).unwrap(), [0x30, 3, 2, 1, 5]);
        let pieces = [0x24, 0x80, 0x04, 0x01, b'a', 0x24, 0x06, 0x04, 0x01, b'b', 0x04, 0x01, b'c', 0, 0];
        assert_eq!(to_der(&pieces).unwrap(), [0x04, 0x03, b'a', b'b', b'c']);
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            &[][..],
            &[0x30],
            &[0x30, 0x01],
            &[0x30, 0x80],
            &[0x30, 0x80, 0x00],
            &[0x04, 0x80, 0x00, 0x00],
            &[0x05, 0x00, 0x00],
            &[0x00, 0x00],
            &[0x1f, 0x20, 0x00],
            &[0x24, 0x03, 0x02, 0x01, 0x05],
            &[0x04, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(to_der(bad), Err(BerError), "{bad:02x?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nest = |n: usize| [vec![[0x30, 0x80]; n].concat(), vec![0; 2 * n]].concat();
        assert!(to_der(&nest(DEPTH)).is_ok());
        assert_eq!(to_der(&nest(DEPTH + 1)), Err(BerError));
    }
}
