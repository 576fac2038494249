//! Hash chains (wire.md §5.2): X-Road's own test files, and chains of our own making.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use simpul_core::{Code, Digest, DigestAlgorithm, limits};
use simpul_trust::hash;
use simpul_trust::seal::chain::{self, ChainError, Chains, Data, DataRef, Sources};

use crate::files;
use crate::fixtures::fixture;

/// Files and data by URI.
#[derive(Default)]
struct Files<'a> {
    chains: Vec<(&'a str, &'a [u8])>,
    data: Vec<(&'a str, Data<'a>)>,
}

impl Sources for Files<'_> {
    fn chain(&self, uri: &str) -> Option<&[u8]> {
        self.chains.iter().find(|(u, _)| *u == uri).map(|(_, octets)| *octets)
    }

    fn data(&self, uri: &str, _: DigestAlgorithm) -> Data<'_> {
        self.data.iter().find(|(u, _)| *u == uri).map_or(Data::Unknown, |(_, data)| *data)
    }
}

fn code(result: Result<Vec<DataRef>, ChainError>) -> Result<(), Code> {
    result.map(|_| ()).map_err(|e| e.code())
}

fn xroads_file(name: &str) -> Option<Vec<u8>> {
    fixture(&format!("xroad/fixtures/hashchain/{name}")).map(|path| std::fs::read(path).unwrap())
}

/// fixtures/INDEX.md: 1–3 valid, 3-invalid wrong digest, 4 two chains, 5 invalid schema.
#[test]
fn xroads_verdicts() {
    let run = |result: &str, chain: &str, data: Vec<(&str, Data<'_>)>, required: &[&str]| {
        let (result, chain) = (xroads_file(result)?, xroads_file(chain)?);
        let second = xroads_file("hc-verifier4-hashchain2.xml")?;
        let chains = vec![("/hashchain.xml", chain.as_slice()), ("/hashchain2.xml", second.as_slice())];
        Some(code(chain::verify(&result, &Files { chains, data }, required)))
    };
    let message = ["/message.xml"];
    let octets = |name: &str| xroads_file(name).unwrap_or_default();
    let (two, foo) = (octets("hc-verifier1-message.xml"), octets("hc-verifier3-message.xml"));
    let two = || vec![("/message.xml", Data::Octets(&two))];
    let foo = || vec![("/message.xml", Data::Octets(&foo))];

    let one = |chain, data, required: &[&str]| run("hc-verifier1-hashchainresult.xml", chain, data, required);
    let Some(verdict) = one("hc-verifier1-hashchain.xml", two(), &message) else { return };
    assert_eq!(verdict, Ok(()));
    let digest = hash::digest(DigestAlgorithm::Sha256, b"two");
    let given = |d| vec![("/message.xml", Data::Digest(d))];
    assert_eq!(one("hc-verifier1-hashchain.xml", given(digest.as_bytes()), &message), Some(Ok(())));
    assert_eq!(one("hc-verifier1-hashchain.xml", given(b"other"), &message), Some(Err(Code::InvalidHashChain)));
    assert_eq!(
        one("hc-verifier1-hashchain.xml", two(), &["/message.xml", "/unused1"]),
        Some(Err(Code::HashchainUnusedInputs))
    );
    assert_eq!(one("hc-verifier1-hashchain.xml", vec![], &message), Some(Err(Code::InvalidReference)));

    // 2: the attachments are digests of one octet, or are kept elsewhere.
    let mut parts = vec![("/message.xml", Data::Digest(&[11]))];
    let attachments = ["/attachment1", "/attachment2", "/attachment3"];
    parts.extend(attachments.into_iter().zip([&[12], &[13], &[14]]).map(|(u, d)| (u, Data::Digest(d))));
    let four = [message.as_slice(), attachments.as_slice()].concat();
    let two_levels = |data| run("hc-verifier2-hashchainresult.xml", "hc-verifier2-hashchain.xml", data, &four);
    assert_eq!(two_levels(parts.clone()), Some(Ok(())));
    parts.iter_mut().skip(1).for_each(|(_, data)| *data = Data::Elsewhere);
    assert_eq!(two_levels(parts), Some(Ok(())));

    let three = |chain| run("hc-verifier3-hashchainresult.xml", chain, foo(), &message);
    assert_eq!(three("hc-verifier3-hashchain.xml"), Some(Ok(())), "a transform");
    let digest = hash::digest(DigestAlgorithm::Sha256, &octets("hc-verifier3-message.xml"));
    let raw = vec![("/message.xml", Data::Digest(digest.as_bytes()))];
    let raw = run("hc-verifier3-hashchainresult.xml", "hc-verifier3-hashchain.xml", raw, &message);
    assert_eq!(raw, Some(Err(Code::InvalidReference)), "the digest of raw octets says nothing of a transform");
    assert_eq!(three("hc-verifier3-hashchain-invalid.xml"), Some(Err(Code::InvalidHashChainRef)));
    assert_eq!(three("hc-verifier5-hashchain-invalid-schema.xml"), Some(Err(Code::MalformedHashChain)));

    let four = run("hc-verifier4-hashchainresult.xml", "hc-verifier4-hashchain1.xml", two(), &message);
    assert_eq!(four, Some(Ok(())), "a chain in two files");
}

/// wire.md §5.2: the DER formula and the layout of both files, against octets that the Java implementation made.
#[test]
fn our_files_are_xroads_files() {
    let Some(path) = fixture("xroad/fixtures/asice/valid-signed-hashchain.asice") else { return };
    let container = std::fs::read(path).unwrap();
    let entry = |name| files::entry(&container, name);
    let (result, file, message) = (entry("sig-hashchainresult.xml"), entry("sig-hashchain.xml"), entry("message.xml"));
    let sources = Files {
        chains: vec![("/sig-hashchain.xml", &file)],
        data: vec![("/message.xml", Data::Octets(&message)), ("/attachment1", Data::Elsewhere)],
    };
    let covered = chain::verify(&result, &sources, &["/message.xml"]).unwrap();
    assert_eq!(covered.iter().map(|d| d.verified).collect::<Vec<_>>(), [true, false]);
    let digests: Vec<Digest> = covered.iter().map(|d| Digest::new(d.algorithm, &d.digest).unwrap()).collect();
    let sha512 = DigestAlgorithm::Sha512;
    let made = chain::build(&[&digests], sha512, "/sig-hashchain.xml", "/message.xml").unwrap().unwrap();
    assert_eq!(made.result, String::from_utf8(result).unwrap());
    assert_eq!(made.chains, [String::from_utf8(file).unwrap()]);
}

fn made(inputs: &[Vec<Digest>]) -> Chains {
    let inputs: Vec<&[Digest]> = inputs.iter().map(Vec::as_slice).collect();
    chain::build(&inputs, DigestAlgorithm::Sha512, "/sig-hashchain.xml", "/message.xml").unwrap().unwrap()
}

fn check(chains: &Chains, input: usize, parts: &[Digest]) -> Result<Vec<DataRef>, ChainError> {
    let uris: Vec<String> =
        std::iter::once("/message.xml".to_owned()).chain((1..parts.len()).map(|n| format!("/attachment{n}"))).collect();
    let required: Vec<&str> = uris.iter().map(String::as_str).collect();
    let data = required.iter().zip(parts).map(|(u, d)| (*u, Data::Digest(d.as_bytes()))).collect();
    let sources = Files { chains: vec![("/sig-hashchain.xml", chains.chains[input].as_bytes())], data };
    chain::verify(chains.result.as_bytes(), &sources, &required)
}

#[test]
fn one_part_of_one_message_has_no_chain() {
    let digest = [hash::sha512(b"")];
    let none: [&[&[Digest]]; 2] = [&[], &[&digest]];
    for inputs in none {
        assert_eq!(chain::build(inputs, DigestAlgorithm::Sha512, "/c", "/d").unwrap(), None);
    }
}

/// wire.md §6.3: the chains of a batch timestamp are those of §5.2 over signatures, and the short form loses nothing.
#[test]
fn a_path_makes_the_same_file() {
    let sha512 = DigestAlgorithm::Sha512;
    for n in [2_usize, 3, 5, 8, 9, 100] {
        let inputs: Vec<Digest> = (0..n).map(|n| hash::sha512(&n.to_be_bytes())).collect();
        let parts: Vec<&[Digest]> = inputs.iter().map(std::slice::from_ref).collect();
        let whole = chain::build(&parts, sha512, "/c", "/d").unwrap().unwrap();
        let (result, paths) = chain::paths(&inputs, sha512, "/c").unwrap().unwrap();
        assert_eq!(result, whole.result);
        let files: Vec<String> = paths.iter().zip(&inputs).map(|(p, d)| p.file(d, sha512, "/d")).collect();
        assert_eq!(files, whole.chains, "{n} inputs");
    }
    assert_eq!(chain::paths(&[hash::sha512(b"")], sha512, "/c").unwrap(), None);
    assert_eq!(chain::paths(&[], sha512, "/c").unwrap(), None);
}

/// The same cases every time.
fn fixed() -> ProptestConfig {
    ProptestConfig { cases: 24, rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(fixed())]

    /// Every message of every batch size is covered by its own chain, and nothing else is.
    #[test]
    fn a_batch_covers_each_of_its_messages(sizes in prop::collection::vec(1_usize..4, 1..20), salt: u64) {
        prop_assume!(sizes.len() > 1 || sizes[0] > 1);
        let part = |i: usize, p: usize| hash::sha512(format!("{salt}/{i}/{p}").as_bytes());
        let inputs: Vec<Vec<Digest>> =
            sizes.iter().enumerate().map(|(i, n)| (0..*n).map(|p| part(i, p)).collect()).collect();
        let chains = made(&inputs);
        for (i, parts) in inputs.iter().enumerate() {
            prop_assert_eq!(check(&chains, i, parts).unwrap().len(), parts.len());
            let mut other = parts.clone();
            other[parts.len() - 1] = hash::sha512(b"other");
            prop_assert_eq!(code(check(&chains, i, &other)), Err(Code::InvalidHashChain));
            let mut more = parts.clone();
            more.push(hash::sha512(b"more"));
            prop_assert_eq!(code(check(&chains, i, &more)), Err(Code::HashchainUnusedInputs));
        }
    }
}

const HEAD: &str = r#"<HashChain xmlns="http://cyber.ee/hashchain" xmlns:d="http://www.w3.org/2000/09/xmldsig#">
    <DefaultDigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/>"#;

/// The digest of the result does not matter where the chain cannot be walked.
fn walk(steps: &str) -> ChainError {
    let chains = made(&[vec![hash::sha512(b"a"), hash::sha512(b"b")]]);
    let file = format!("{HEAD}{steps}</HashChain>");
    let sources = Files { chains: vec![("/sig-hashchain.xml", file.as_bytes())], data: vec![] };
    chain::verify(chains.result.as_bytes(), &sources, &[]).unwrap_err()
}

/// dependencies.md, trap 6.
#[test]
fn circles_and_depth_are_refused() {
    let step = |n: usize, to: usize| format!("<HashStep id='STEP{n}'><StepRef URI='#STEP{to}'/></HashStep>");
    let down = |n: usize| (0..n - 1).map(|i| step(i, i + 1)).collect::<String>();
    let end = |n: usize| format!("<HashStep id='STEP{}'/>", n - 1);
    let deep = |n: usize| walk(&(down(n) + &end(n)));
    assert!(matches!(deep(limits::HASH_CHAIN_DEPTH), ChainError::ResultDiffers));
    assert!(matches!(deep(limits::HASH_CHAIN_DEPTH + 1), ChainError::TooDeep));
    assert!(matches!(walk(&step(0, 0)), ChainError::RepeatedStep(_)));
    assert!(matches!(walk(&(step(0, 1) + &step(1, 0))), ChainError::RepeatedStep(_)));
    let twice = "<HashStep id='STEP0'><StepRef URI='#STEP1'/><StepRef URI='#STEP1'/></HashStep>".to_owned();
    assert!(matches!(walk(&(twice + &end(2))), ChainError::RepeatedStep(_)), "no doubling at each level");
}

#[test]
fn other_shapes_are_refused() {
    let value = "<d:DigestValue>AA==</d:DigestValue>";
    let in_step = |s: &str| walk(&format!("<HashStep id='STEP0'>{s}</HashStep>"));
    for good in [format!("<HashValue>{value}</HashValue>"), "<!-- c -->".to_owned()] {
        assert!(matches!(in_step(&good), ChainError::ResultDiffers), "{good}");
    }
    let sha1 = "<d:DigestMethod Algorithm='http://www.w3.org/2000/09/xmldsig#sha1'/>";
    for bad in [
        format!("<HashValue a='1'>{value}</HashValue>"),
        format!("<HashValue>{value}{value}</HashValue>"),
        format!("<HashValue>{sha1}{value}</HashValue>"),
        format!("<HashValue xmlns='other'>{value}</HashValue>"),
        format!("<DataRef>{value}</DataRef>"),
        "<DataRef URI='/message.xml'/>".to_owned(),
        "<HashValue><d:DigestValue>A</d:DigestValue></HashValue>".to_owned(),
        "<StepRef URI='#'/>".to_owned(),
        "<StepRef URI='STEP1'/>".to_owned(),
        "<StepRef URI='#STEP2'/>".to_owned(),
        "text".to_owned(),
    ] {
        assert_eq!(in_step(&bad).code(), Code::MalformedHashChain, "{bad}");
    }
    assert!(matches!(walk("<HashStep id='STEP0'/><HashStep id='STEP0'/>"), ChainError::DuplicateStep(_)));
    let elsewhere = in_step("<StepRef URI='/other.xml#STEP0'/>");
    assert_eq!(elsewhere.code(), Code::InvalidReference);
    let unknown = in_step(&format!("<DataRef URI='/message.xml'>{value}</DataRef>"));
    assert_eq!(unknown.code(), Code::InvalidReference);
    assert!(matches!(chain::verify(b"<a/>", &Files::default(), &[]), Err(ChainError::Shape(_))));
    assert!(matches!(chain::verify(b"<a", &Files::default(), &[]), Err(ChainError::Xml(_))));
    let long = vec![b' '; limits::HASH_CHAIN_XML + 1];
    assert!(matches!(chain::verify(&long, &Files::default(), &[]), Err(ChainError::TooLarge(_))));
    assert!(matches!(chain::verify(&long[1..], &Files::default(), &[]), Err(ChainError::Xml(_))));
}

/// A step that names no algorithm has none: there is no default but the file's own.
#[test]
fn an_algorithm_must_be_named() {
    let chains = made(&[vec![hash::sha512(b"a"), hash::sha512(b"b")]]);
    let file = "<HashChain xmlns='http://cyber.ee/hashchain' xmlns:d='http://www.w3.org/2000/09/xmldsig#'>\
        <HashStep id='STEP0'><HashValue><d:DigestValue/></HashValue></HashStep></HashChain>";
    let sources = Files { chains: vec![("/sig-hashchain.xml", file.as_bytes())], data: vec![] };
    assert!(matches!(chain::verify(chains.result.as_bytes(), &sources, &[]), Err(ChainError::NoAlgorithm)));
}
