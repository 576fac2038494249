//! Global configuration: what an instance says about its members and servers, and whether to believe it
//! (wire.md §8).
//!
//! The way of a configuration: an anchor is given by hand; [`download`] plans what to fetch; [`signed`] proves each
//! directory and each part; [`GlobalConf`] answers questions about all of them. A configuration that comes without
//! signatures ([`supplied`]) answers the same questions and says that nobody vouches for it.

pub mod auth;
pub mod download;
pub mod error;
pub mod instance;
pub mod kept;
pub mod location;
pub mod part;
pub(crate) mod proven;
pub mod rollback;
pub mod route;
pub mod signed;
pub mod snapshot;
pub mod supplied;

pub use auth::{AuthError, PeerRole};
pub use error::ConfError;
pub use instance::{ApprovedCa, ApprovedTsa};
pub use location::{Location, is_lab};
pub use part::{LoadedPart, Origin};
pub use route::{Route, RouteError, Target};
pub use signed::{Published, VerifiedDirectory};
pub use snapshot::{ConfVersion, GlobalConf, Trust};
