//! Server-rendered pages: the foundation on which portal, desk and console stand.
//!
//! Texts, components, frames, sessions, live updates and the layers around them; and a gallery that shows every
//! component. `docs/guide/portal.md` says how to add a page. This crate does not know how anything is stored, opens no
//! socket, reads no clock and loads nothing: it knows the domain and HTML, and asks for the rest through ports. Its
//! files are embedded when it is built.

pub mod asset;
pub mod brand;
pub mod component;
pub mod gallery;
pub mod home;
pub mod live;
pub mod problem;
pub mod reference;
pub mod session;
pub mod shell;
pub mod signin;
pub mod site;
pub mod text;
pub mod trail;

#[cfg(test)]
mod testing;

pub use problem::PageError;
pub use reference::Reference;
pub use site::{Page, Ports, Post, Site, Typed, serve};
