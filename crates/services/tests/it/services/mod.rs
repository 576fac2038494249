//! Public services as a whole, over a store in memory, registers and a payment service that do what a test says.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod ground;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod officers;
#[cfg(test)]
mod payments;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod stored;
#[cfg(test)]
mod together;
#[cfg(test)]
mod world;
