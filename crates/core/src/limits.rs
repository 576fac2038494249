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

/// Characters of one declaration of a caller, such as its purpose.
pub const DECLARATION: usize = 512;

/// Octets of messages, bodies and seals in one download of several records.
pub const EVIDENCE: usize = 64 * 1024 * 1024;

/// Clauses that a decision cites.
pub const CITED_CLAUSES: usize = 16;

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

/// Octets in one agreement, TOML or JSON.
pub const AGREEMENT_DOCUMENT: usize = 1024 * 1024;

/// Characters in the id of an agreement.
pub const AGREEMENT_ID_CHARS: usize = 64;

/// Characters in the id of a clause.
pub const CLAUSE_ID_CHARS: usize = 32;

/// Parties of one agreement.
pub const AGREEMENT_PARTIES: usize = 16;

/// Subsystems that a party brings into one agreement.
pub const AGREEMENT_SUBSYSTEMS: usize = 64;

/// Officers of one party of an agreement.
pub const AGREEMENT_OFFICERS: usize = 16;

/// Clauses of one agreement.
pub const AGREEMENT_CLAUSES: usize = 256;

/// Purposes that one agreement defines itself.
pub const AGREEMENT_PURPOSES: usize = 64;

/// Entries of one list of a clause, its fields apart.
pub const CLAUSE_LIST: usize = 64;

/// Volumes of one clause.
pub const CLAUSE_VOLUMES: usize = 8;

/// Characters in a name of an agreement: an officer, a role, a law, an article, a category.
pub const AGREEMENT_NAME_CHARS: usize = 255;

/// Characters in one text of an agreement in one language.
pub const AGREEMENT_TEXT_CHARS: usize = 16 * 1024;

/// Largest number in an agreement: what every reader of JSON holds exactly (RFC 8785 §3.2.2.3).
pub const AGREEMENT_NUMBER: u64 = 9_007_199_254_740_991;

/// Seconds in the window of a volume: 366 days.
pub const VOLUME_WINDOW: u32 = 366 * 86_400;

/// Agreements that one node enforces.
pub const AGREEMENTS: usize = 100_000;

/// Clauses that speak of one consumer and one service, over all agreements that one node enforces.
pub const AGREEMENT_CANDIDATES: usize = 256;

/// Windows of volumes that are counted in memory at a time.
pub const AGREEMENT_METERS: usize = 100_000;

/// Characters in one statement of a caller: purpose, basis, consent, case, onward recipient.
pub const STATEMENT_CHARS: usize = 512;

/// Octets in the name of an XML namespace that is used in an answer that is minimised.
pub const XML_NAMESPACE: usize = 1024;

/// Octets in one path to a field of an answer.
pub const FIELD_PATH: usize = 512;

/// Steps in one path to a field of an answer.
pub const FIELD_STEPS: usize = 32;

/// Paths to fields that one agreement clause may allow, and one answer be reduced by.
pub const FIELD_PATHS: usize = 1024;

/// Octets in an answer that is minimised, which is done in memory.
pub const MINIMISED_BODY: usize = 16 * 1024 * 1024;

/// Nesting of arrays and objects in a JSON answer that is minimised.
pub const JSON_DEPTH: usize = 128;

/// Octets in the JSON of one agreement that is signed.
pub const SIGNED_AGREEMENT: usize = 4 * 1024 * 1024;

/// Signatures in the container of one agreement: one per party.
pub const AGREEMENT_SIGNATURES: usize = 32;

/// Octets in the identifier of a person in a subject token.
pub const SUBJECT: usize = 128;

/// Octets in the name of the state that gave the identifier, in a subject token.
pub const SUBJECT_HOME: usize = 64;

/// Keys in a set that subjects are encrypted to.
pub const SUBJECT_KEYS: usize = 16;

/// Octets in a set of keys that subjects are encrypted to.
pub const SUBJECT_KEY_SET: usize = 64 * 1024;

/// Sets of keys of providers that are kept at a time.
pub const SUBJECT_KEY_SETS: usize = 1024;

/// Nonces of subject tokens of one consumer that are remembered at a time: tokens that it may use within their
/// lifetime.
pub const SUBJECT_NONCES: usize = 65_536;

/// Octets in a question to this server itself at the consumer port.
pub const OWN_QUESTION: usize = 64 * 1024;

/// Holders that one question about a person goes to.
pub const TRAIL_HOLDERS: usize = 256;

/// Octets of the token that names a person to the provider.
pub const SUBJECT_TOKEN: usize = 8 * 1024;

/// Acts in the journal of one agreement, over all its versions.
pub const AGREEMENT_ACTS: usize = 4096;

/// Acts of other parties in the journal of one agreement: the rest of [`AGREEMENT_ACTS`] is kept for the own officers.
pub const AGREEMENT_ACTS_OUTSIDE: usize = 3072;

/// Octets in the journal of one agreement when an act of another party is added: the rest of [`AGREEMENT_JOURNAL`] is
/// kept for the own officers.
pub const AGREEMENT_JOURNAL_OUTSIDE: usize = 48 * 1024 * 1024;

/// Agreements that one partner has offered and nobody here has acted on.
pub const AGREEMENT_UNANSWERED: usize = 32;

/// Acts in one delivery to another party.
pub const AGREEMENT_DELIVERY_ACTS: usize = 64;

/// Octets in one delivery to another party: an act of any length, and its line's end.
pub const AGREEMENT_DELIVERY: usize = AGREEMENT_ACT + 4 * 1024 * 1024;

/// Octets in the file that says what of an agreement was delivered.
pub const AGREEMENT_MARKS: usize = 1024 * 1024;

/// Refusals of one partner that are kept to be shown, for each agreement.
pub const AGREEMENT_REFUSALS: usize = 16;

/// Partners that agreements are delivered to.
pub const AGREEMENT_PARTNERS: usize = 256;

/// Octets in one line of the journal of an agreement: an act with a document or a signature.
pub const AGREEMENT_ACT: usize = 4 * 1024 * 1024;

/// Octets in the journal of one agreement.
pub const AGREEMENT_JOURNAL: usize = 64 * 1024 * 1024;

/// Octets in the container of one agreement.
pub const AGREEMENT_CONTAINER: usize = 32 * 1024 * 1024;
/// Persons that one access event concerns.
pub const TRAIL_PERSONS: usize = 1000;

/// Octets of the text of one access event that is the same for many: parties, purpose, clauses, fields.
pub const TRAIL_TERMS: usize = 256 * 1024;

/// Access events on one page of an answer of the data trail.
pub const TRAIL_PAGE: usize = 100;

/// Epochs of pseudonyms under which a person is looked up.
pub const TRAIL_EPOCHS: usize = 64;

/// Nonces of one portal that are remembered at a time: assertions that it may use within their lifetime.
pub const TRAIL_NONCES: usize = 4096;

/// Octets in the assertion of a portal.
pub const ASSERTION: usize = 16 * 1024;

/// Octets in a compact JWS.
pub const JWS: usize = 64 * 1024;

/// Octets of a record's content once it is unpacked: a message block, a seal and what goes with them.
pub const LOGGED_CONTENT: usize = 64 * 1024 * 1024;

/// Octets of what records of one signer have in common; LZ4 looks back no further.
pub const LEDGER_DICTIONARY: usize = 64 * 1024 - 1;

/// Dictionaries that a message log writes with at a time, and as many that it reads with.
pub const LEDGER_DICTIONARIES: usize = 256;
/// Octets of an answer to a call that a server makes itself for one of its clients.
pub const OWN_ANSWER: usize = 32 * 1024 * 1024;
/// Octets in `brand.toml`.
pub const BRAND_DOCUMENT: usize = 16 * 1024;

/// Octets in the mark of a brand.
pub const BRAND_MARK: usize = 16 * 1024;

/// Elements in the mark of a brand.
pub const BRAND_MARK_ELEMENTS: usize = 200;

/// Octets in the body of a form that a page sends.
pub const FORM_BODY: usize = 64 * 1024;

/// Fields in a form that a page sends.
pub const FORM_FIELDS: usize = 200;

/// Octets in the path and query of a page.
pub const PAGE_TARGET: usize = 4 * 1024;

/// Octets in a `Cookie` header that is read.
pub const COOKIES: usize = 8 * 1024;

/// Sessions at a time, signed in or not.
pub const SESSIONS: usize = 20_000;

/// Sessions of one person at a time: an eleventh ends the oldest.
pub const SESSIONS_OF_ONE: usize = 10;

/// Sign-ins that were begun and not ended, at a time.
pub const SIGN_INS: usize = 4096;

/// Octets of what an identity provider answers: its description, its keys, a token with what is around it.
pub const IDENTITY_ANSWER: usize = 64 * 1024;

/// Keys of an identity provider.
pub const IDENTITY_KEYS: usize = 32;

/// Posts that are remembered so that a second one does nothing.
pub const POSTS_REMEMBERED: usize = 20_000;

/// Topics of live pages that are remembered.
pub const LIVE_TOPICS: usize = 4096;

/// Events of one topic that are kept for those who come back.
pub const LIVE_RING: usize = 64;

/// Open streams of live pages, over all topics.
pub const LIVE_STREAMS: usize = 2048;

/// Open streams of live pages of one session: pages in tabs.
pub const LIVE_STREAMS_OF_ONE: usize = 8;

/// Octets in one event of a live page.
pub const LIVE_EVENT: usize = 64 * 1024;
/// Octets in one service document.
pub const SERVICE_DOCUMENT: usize = 256 * 1024;

/// Characters in a name that a service document gives: of itself, of a question, of a stage.
pub const SERVICE_NAME_CHARS: usize = 64;

/// Characters in one text of a service document in one language.
pub const SERVICE_TEXT_CHARS: usize = 4096;

/// Services of one catalogue, every version counted.
pub const SERVICES: usize = 1024;

/// Questions of one service.
pub const SERVICE_QUESTIONS: usize = 64;

/// Options of one question.
pub const QUESTION_OPTIONS: usize = 64;

/// Conditions under which one question is shown.
pub const QUESTION_CONDITIONS: usize = 8;

/// Pieces of evidence that one service needs.
pub const SERVICE_EVIDENCE: usize = 16;

/// Fields of one piece of evidence.
pub const EVIDENCE_FIELDS: usize = 64;

/// Stages of one service.
pub const SERVICE_STAGES: usize = 16;

/// Rules that an officer checks in one service.
pub const SERVICE_RULES: usize = 32;

/// Grounds on which one service is granted or refused.
pub const SERVICE_GROUNDS: usize = 32;

/// Letters of one service.
pub const SERVICE_LETTERS: usize = 8;

/// Paragraphs of one letter.
pub const LETTER_PARAGRAPHS: usize = 32;

/// Steps of the arithmetic of one service.
pub const SERVICE_STEPS: usize = 64;

/// Values that one step adds, or brackets that it has, or values that a rule accepts.
pub const STEP_VALUES: usize = 32;

/// Holidays of one service document.
pub const SERVICE_HOLIDAYS: usize = 366;

/// Days of a time limit, of a draft or of freshness.
pub const SERVICE_DAYS: u32 = 3650;

/// Years, months or days that a bound on a date lies from today.
pub const DATE_OFFSET: i32 = 50_000;

/// An amount of money in whole rupiah, and a number that is an answer, either way of zero.
pub const AMOUNT: i64 = 1_000_000_000_000_000;

/// Characters in an answer of one or more lines.
pub const ANSWER_CHARS: usize = 10_000;

/// Characters in an answer of one line, and in one line of an address.
pub const ANSWER_LINE_CHARS: usize = 255;

/// Octets in the answer of a register to one request for evidence.
pub const EVIDENCE_ANSWER: usize = 1024 * 1024;

/// Records in the answer of a register that are used.
pub const EVIDENCE_RECORDS: usize = 64;

/// Characters in one value of a register that is used.
pub const EVIDENCE_VALUE_CHARS: usize = 1024;

/// Characters in a reason, a message, a question or a mandate.
pub const REMARK_CHARS: usize = 4000;

/// Characters in the name of a person or in the identifier of an officer.
pub const PERSON_NAME_CHARS: usize = 255;

/// Characters in the key by which a step that is sent twice is known.
pub const IDEMPOTENCY_KEY_CHARS: usize = 128;

/// Octets in one stored event of an application.
pub const APPLICATION_EVENT: usize = 512 * 1024;

/// Events of one application.
pub const APPLICATION_EVENTS: usize = 2048;

/// Applications on one page of a list.
pub const APPLICATION_PAGE: usize = 100;

/// Drafts that one person has at a time.
pub const DRAFTS: usize = 20;
