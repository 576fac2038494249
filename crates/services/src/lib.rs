//! Public services.
//!
//! [`catalogue`]: what is offered, as documents. [`application`]: one citizen's case, as events that are folded, with
//! the [`Engine`](application::Engine) that pages call. [`evidence`]: what registers are asked for. [`trail`]: who used
//! my data. This crate knows no HTTP, no SQL, no HTML and no clock.

pub mod application;
pub mod catalogue;
pub mod evidence;
pub mod trail;
