//! The data trail and public services as a whole, over stores in memory.

#[cfg(test)]
mod apart;
#[cfg(test)]
mod asked;
#[cfg(test)]
mod counted;
#[cfg(test)]
mod events;
#[cfg(test)]
mod ground;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod seen;
#[cfg(test)]
mod services;
