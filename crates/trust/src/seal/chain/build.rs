//! Making the chains of a batch: a binary tree over the messages, and below it a step for each message of more
//! than one part (wire.md §5.2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use simpul_core::{Digest, DigestAlgorithm};

use simpul_wire::xml;

use super::{ChainError, step_digest};

const XML_DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const NAMESPACES: &str = "xmlns=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:ns2=\"http://cyber.ee/hashchain\"";

/// The files that cover a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chains {
    /// The result file: what is signed or stamped.
    pub result: String,
    /// A chain file for each input, in the order of the inputs.
    pub chains: Vec<String>,
}

/// Builds the chains of a batch. Each input lists the digests of one message: of the data at `data_uri` first
/// (`/message.xml`), then of `/attachment1`, `/attachment2` and so on. The result names the chain file
/// `chain_uri` (`/sig-hashchain.xml`).
///
/// All digests must be of `algorithm`. X-Road makes no chain for one input of one part, and gives it no chain
/// here either: `None`, as for no inputs.
pub fn build(
    inputs: &[&[Digest]],
    algorithm: DigestAlgorithm,
    chain_uri: &str,
    data_uri: &str,
) -> Result<Option<Chains>, ChainError> {
    if matches!(inputs, [] | [[] | [_]]) {
        return Ok(None);
    }
    let tree = Tree::over(inputs, algorithm).map_err(ChainError::Encoding)?;
    let result = result_xml(chain_uri, tree.digest());
    let chains = (0..inputs.len()).map(|input| tree.path(input)).map(|(p, parts)| p.xml(parts, algorithm, data_uri));
    Ok(Some(Chains { result, chains: chains.collect() }))
}

/// As [`build`] for inputs of one part each, such as the signatures under one timestamp (wire.md §6.3), but gives
/// the ways to them instead of whole files, which for thousands of inputs would fill memory: see [`Path::file`].
pub fn paths(
    inputs: &[Digest],
    algorithm: DigestAlgorithm,
    chain_uri: &str,
) -> Result<Option<(String, Vec<Path>)>, ChainError> {
    if matches!(inputs, [] | [_]) {
        return Ok(None);
    }
    let parts: Vec<&[Digest]> = inputs.iter().map(std::slice::from_ref).collect();
    let tree = Tree::over(&parts, algorithm).map_err(ChainError::Encoding)?;
    let paths = (0..inputs.len()).map(|input| tree.path(input).0).collect();
    Ok(Some((result_xml(chain_uri, tree.digest()), paths)))
}

/// The way from the result of a batch down to one of its inputs: at each step the digest of the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// From the root down.
    pub steps: Vec<Branch>,
}

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Branch {
    /// The way goes left; this is the digest of the right side.
    Left(Digest),
    /// The way goes right; this is the digest of the left side.
    Right(Digest),
}

impl Path {
    /// The chain file of the input with this digest, octet for octet what [`build`] makes of it. All digests must be
    /// of `algorithm`.
    #[must_use]
    pub fn file(&self, input: &Digest, algorithm: DigestAlgorithm, data_uri: &str) -> String {
        self.xml(std::slice::from_ref(input), algorithm, data_uri)
    }

    /// The steps from the root down to the data of the input.
    fn xml(&self, parts: &[Digest], algorithm: DigestAlgorithm, data_uri: &str) -> String {
        let mut out = format!(
            "{XML_DECLARATION}<ns2:HashChain {NAMESPACES}>\n    <ns2:DefaultDigestMethod Algorithm=\"{}\"/>\n",
            algorithm.uri()
        );
        let single = matches!(parts, [_]);
        for (below, branch) in (1_usize..).zip(&self.steps) {
            out.push_str(&step_open(below.saturating_sub(1)));
            // The side on which the input lies: its data, if that is all there is, or the next step.
            let own = |out: &mut String| match single && below == self.steps.len() {
                true => data_refs(out, data_uri, parts),
                false => out.push_str(&format!("        <ns2:StepRef URI=\"#STEP{below}\"/>\n")),
            };
            match branch {
                Branch::Left(right) => {
                    own(&mut out);
                    hash_value(&mut out, right);
                }
                Branch::Right(left) => {
                    hash_value(&mut out, left);
                    own(&mut out);
                }
            }
            out.push_str(STEP_CLOSE);
        }
        if !single || self.steps.is_empty() {
            out.push_str(&step_open(self.steps.len()));
            data_refs(&mut out, data_uri, parts);
            out.push_str(STEP_CLOSE);
        }
        out + "</ns2:HashChain>\n"
    }
}

const STEP_CLOSE: &str = "    </ns2:HashStep>\n";

fn step_open(step: usize) -> String {
    format!("    <ns2:HashStep id=\"STEP{step}\">\n")
}

/// A binary tree over the inputs. The left side holds the largest power of two of them that leaves at least one
/// for the right side, which is what promoting missing nodes from the left comes to (wire.md §5.2).
enum Tree<'a> {
    Leaf { digest: Digest, parts: &'a [Digest] },
    Node { digest: Digest, left: Box<Tree<'a>>, right: Box<Tree<'a>>, left_inputs: usize },
}

impl<'a> Tree<'a> {
    fn over(inputs: &[&'a [Digest]], algorithm: DigestAlgorithm) -> Result<Self, der::Error> {
        let left_inputs = inputs.len().div_ceil(2).next_power_of_two();
        match *inputs {
            [parts @ [only]] => Ok(Self::Leaf { digest: only.clone(), parts }),
            [parts] => Ok(Self::Leaf { digest: digest_of(algorithm, parts)?, parts }),
            _ => {
                let (left, right) = inputs.split_at_checked(left_inputs).unwrap_or((inputs, &[]));
                let (left, right) = (Self::over(left, algorithm)?, Self::over(right, algorithm)?);
                let digest = digest_of(algorithm, [left.digest(), right.digest()])?;
                Ok(Self::Node { digest, left: Box::new(left), right: Box::new(right), left_inputs })
            }
        }
    }

    fn digest(&self) -> &Digest {
        match self {
            Self::Leaf { digest, .. } | Self::Node { digest, .. } => digest,
        }
    }

    /// The way to an input, and its parts.
    fn path(&self, mut input: usize) -> (Path, &'a [Digest]) {
        let (mut tree, mut steps) = (self, Vec::new());
        loop {
            match tree {
                Self::Leaf { parts, .. } => return (Path { steps }, parts),
                Self::Node { left, right, left_inputs, .. } if input < *left_inputs => {
                    steps.push(Branch::Left(right.digest().clone()));
                    tree = left;
                }
                Self::Node { left, right, left_inputs, .. } => {
                    input = input.saturating_sub(*left_inputs);
                    steps.push(Branch::Right(left.digest().clone()));
                    tree = right;
                }
            }
        }
    }
}

fn digest_of<'a>(
    algorithm: DigestAlgorithm,
    digests: impl IntoIterator<Item = &'a Digest>,
) -> Result<Digest, der::Error> {
    step_digest(algorithm, digests.into_iter().map(|d| (d.algorithm(), d.as_bytes())))
}

/// The result file, as Java's marshaller lays it out: its octets are what is signed.
fn result_xml(chain_uri: &str, digest: &Digest) -> String {
    format!(
        "{XML_DECLARATION}<ns2:HashChainResult URI=\"{uri}#STEP0\" {NAMESPACES}>\n    \
         <DigestMethod Algorithm=\"{method}\"/>\n    <DigestValue>{value}</DigestValue>\n</ns2:HashChainResult>\n",
        uri = xml::escape_attr(chain_uri),
        method = digest.algorithm().uri(),
        value = STANDARD.encode(digest.as_bytes()),
    )
}

fn data_refs(out: &mut String, data_uri: &str, parts: &[Digest]) {
    for (n, digest) in parts.iter().enumerate() {
        let uri = if n == 0 { data_uri.to_owned() } else { format!("/attachment{n}") };
        let open = format!("ns2:DataRef URI=\"{}\"", xml::escape_attr(&uri));
        digest_element(out, &open, "ns2:DataRef", digest);
    }
}

fn hash_value(out: &mut String, digest: &Digest) {
    digest_element(out, "ns2:HashValue", "ns2:HashValue", digest);
}

fn digest_element(out: &mut String, open: &str, close: &str, digest: &Digest) {
    let value = STANDARD.encode(digest.as_bytes());
    let element =
        ["        <", open, ">\n            <DigestValue>", &value, "</DigestValue>\n        </", close, ">\n"];
    out.extend(element);
}
