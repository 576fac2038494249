//! Every bound that protects a node from its input, in one place (architecture.md, I5).
//!
//! A limit is a maximum that is still accepted: a value one larger is refused. The tests of the parser that
//! enforces a limit stand beside that parser.

/// Characters in one part of an identifier (wire.md §1.2: management requests refuse parts over 255).
pub const ID_PART_CHARS: usize = 255;

/// Octets in one REST message block: request line, path, query and headers together.
pub const REST_BLOCK: usize = 256 * 1024;

/// Header lines in one REST message block.
pub const REST_HEADERS: usize = 256;

/// Octets in the request target (path and query) of a consumer call.
pub const REST_TARGET: usize = 16 * 1024;

/// Octets in the header of one MIME part between security servers.
pub const PART_HEADER: usize = 64 * 1024;

/// Octets in a MIME boundary.
pub const BOUNDARY: usize = 200;

/// OCSP response parts in one request: the authentication certificate and its intermediates.
pub const OCSP_PARTS: usize = 8;

/// Octets in one OCSP response.
pub const OCSP_RESPONSE: usize = 64 * 1024;

/// Octets in one `signatures.xml`.
pub const SIGNATURE_XML: usize = 512 * 1024;

/// Octets in the canonical form of one XML element or document.
pub const CANONICAL_XML: usize = 8 * 1024 * 1024;

/// Octets in one hash chain or hash chain result.
pub const HASH_CHAIN_XML: usize = 256 * 1024;

/// Steps that hash-chain resolution may follow before it gives up (dependencies.md, trap 6).
pub const HASH_CHAIN_DEPTH: usize = 64;

/// Octets in a SOAP fault.
pub const FAULT_XML: usize = 64 * 1024;

/// Octets in one XML document that is read into a tree: the largest configuration part.
pub const XML_BYTES: usize = CONF_PART;

/// Nodes (elements, texts, comments, instructions) in one XML document that is read into a tree.
pub const XML_NODES: u32 = 1_000_000;

/// Attributes of one XML element, namespace declarations included.
pub const XML_ATTRIBUTES: usize = 128;

/// XML namespace declarations on the way from the root to any element.
pub const XML_NAMESPACES: usize = 64;

/// Nesting of elements in one XML document that is read into a tree.
pub const XML_DEPTH: usize = 128;

/// Octets in one signed directory of a global configuration.
pub const CONF_DIRECTORY: usize = 1024 * 1024;

/// Octets in one content part of a global configuration.
pub const CONF_PART: usize = 64 * 1024 * 1024;

/// Content parts that one directory may list.
pub const CONF_PARTS: usize = 64;

/// Octets in a configuration anchor.
pub const CONF_ANCHOR: usize = 1024 * 1024;

/// Sources in one configuration anchor or in shared parameters.
pub const CONF_SOURCES: usize = 64;

/// Verification certificates of one configuration source.
pub const CONF_SOURCE_CERTS: usize = 64;

/// Octets in the metadata file of one stored configuration part.
pub const CONF_METADATA: usize = 64 * 1024;

/// Instances in one configuration, the own one included.
pub const CONF_INSTANCES: usize = 256;

/// Octets in a timestamp response.
pub const TIMESTAMP_RESPONSE: usize = 256 * 1024;

/// Octets that stay free in a logged signature for its timestamp.
pub const TIMESTAMP_XML: usize = 64 * 1024;

/// Records under one timestamp (wire.md §6.3).
pub const STAMP_BATCH: usize = 10_000;

/// Octets in one uncompressed entry of an ASiC container.
pub const ASIC_ENTRY: u64 = 64 * 1024 * 1024;

/// Octets of all uncompressed entries of an ASiC container together.
pub const ASIC_CONTENT: u64 = 128 * 1024 * 1024;

/// Entries in one ASiC container.
pub const ASIC_ENTRIES: usize = 256;

/// Octets in one certificate, DER or PEM.
pub const CERTIFICATE: usize = 64 * 1024;

/// Certificates in one chain, the anchor included.
pub const CHAIN: usize = 8;

/// Proofs of one kind that a configuration keeps: more than any server has partners with traffic at once.
pub const PROOFS: usize = 1024;

/// Octets of a body that are kept in memory before the spool goes to disk.
pub const SPOOL_MEMORY: usize = 64 * 1024;

/// Octets of all bodies in one spool on disk.
pub const SPOOL_DISK: u64 = 16 * 1024 * 1024 * 1024;

/// Octets of a REST body that the message log keeps (X-Road's `max-loggable-message-body-size`).
pub const LOGGABLE_BODY: u64 = 10 * 1024 * 1024;

/// Characters in a message id or request id of the message log (X-Road's log has columns of that width).
pub const LOGGED_ID_CHARS: usize = 255;

/// Octets of one message block in the message log, its body apart.
pub const LOGGED_MESSAGE: usize = 16 * 1024 * 1024;

/// Configurations that one record of the message log cites.
pub const LOGGED_CONFS: usize = 16;

/// Records on one page of a list of the message log.
pub const LEDGER_PAGE: usize = 1000;
/// Octets in the head of one HTTP message: start line and header lines.
pub const HTTP_HEAD: usize = 64 * 1024;

/// Header lines in one HTTP message.
pub const HTTP_HEADERS: usize = 256;

/// Characters of an escaped message id in the file name of a container (wire.md §7.3).
pub const NAMED_ID: usize = 226;
