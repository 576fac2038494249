//! Pages that change while they are looked at: server-sent events with catch-up.
//!
//! A topic is a name such as `case/K7QF-2M9X-4/id`: what it is about and the language, since events are HTML. The last
//! events of each topic are kept in a ring. A browser that comes back says the last id that it has; it gets what it
//! missed, or, when the ring no longer reaches so far or the node was started anew, the present state.

mod bus;
mod event;
mod stream;

pub use bus::{Caught, Live, LiveError, Subscription};
pub use event::Event;
pub use stream::{MAX_AGE, stream};
