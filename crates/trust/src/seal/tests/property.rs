//! What holds for every message, and every bit of what is signed.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::token::Signer;

/// The same cases every time.
fn fixed() -> ProptestConfig {
    ProptestConfig { cases: 12, rng_seed: RngSeed::Fixed(6), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(fixed())]

    /// What is sealed is accepted, and nothing else under the same seal.
    #[test]
    fn seal_and_check_agree(
        message in prop::collection::vec(any::<u8>(), 0..200),
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..4),
        rsa: bool,
    ) {
        let authority = Authority::new();
        let signer = authority.member(if rsa { Kind::Rsa } else { Kind::P256 }, authority.id());
        let parts = |message: &[u8], bodies: &[Vec<u8>]| {
            Parts::of(&Bytes::copy_from_slice(message), bodies.iter().map(|b| hash::sha512(b)).collect())
        };
        let ocsp = [authority.ocsp(signer.certificate())];
        let seal = now(seal(&parts(&message, &bodies), &signer, &ocsp, AT)).unwrap();
        let check = |parts: &Parts| verify::check(parts, &seal, authority.id(), &authority.conf, AT);
        prop_assert!(check(&parts(&message, &bodies)).is_ok());
        let mut other = message.clone();
        other.push(0);
        prop_assert!(check(&parts(&other, &bodies)).is_err());
        let mut more = bodies.clone();
        more.push(Vec::new());
        prop_assert!(check(&parts(&message, &more)).is_err());
        if let Some((last, fewer)) = bodies.split_last() {
            prop_assert!(check(&parts(&message, fewer)).is_err());
            let changed = [fewer, &[[last.as_slice(), b"!"].concat()]].concat();
            prop_assert!(check(&parts(&message, &changed)).is_err());
        }
    }
}

/// The octets of the signature that its value covers, by their positions.
fn covered(xml: &str) -> Vec<std::ops::Range<usize>> {
    [("<ds:SignedInfo>", "</ds:SignedInfo>"), ("<xades:SignedProperties ", "</xades:SignedProperties>")]
        .into_iter()
        .map(|(open, close)| {
            let start = xml.find(open).unwrap();
            start..xml.find(close).unwrap() + close.len()
        })
        .collect()
}

/// Whether the seal is accepted after one bit of its signature has changed.
fn accepted(case: &Case, position: usize, bit: usize) -> bool {
    let mut octets = case.seal.signature.to_vec();
    octets[position] ^= 1 << bit;
    case.check(&Seal { signature: octets.into(), ..case.seal.clone() }).is_ok()
}

#[test]
fn no_bit_of_what_is_signed_can_change() {
    let case = Case::new(Kind::P256, 0);
    for range in covered(case.xml()) {
        for position in range {
            for bit in 0..8 {
                assert!(!accepted(&case, position, bit), "bit {bit} of octet {position}");
            }
        }
    }
}

/// A part of the same for RSA and a hash chain, and for all bits of the chain's result.
#[test]
fn no_bit_of_a_chained_seal_can_change() {
    let case = Case::new(Kind::Rsa, 2);
    for range in covered(case.xml()) {
        for position in range.step_by(3) {
            assert!(!accepted(&case, position, position % 8), "octet {position}");
        }
    }
    let result = case.seal.hash_chain_result.clone().unwrap();
    for position in 0..result.len() {
        for bit in 0..8 {
            let mut octets = result.to_vec();
            octets[position] ^= 1 << bit;
            let seal = Seal { hash_chain_result: Some(octets.into()), ..case.seal.clone() };
            assert!(case.check(&seal).is_err(), "bit {bit} of octet {position}");
        }
    }
}
