//! Publications as clients and independent programs see them (wire.md §8).

#[cfg(test)]
mod auth;
#[cfg(test)]
mod crafted;
#[cfg(test)]
mod fetch;
#[cfg(test)]
mod publish;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod schemes;
