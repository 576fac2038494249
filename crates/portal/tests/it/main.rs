//! Tests of the whole portal, through its router, and of its sources.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod budgets;
#[cfg(test)]
mod catalogues;
#[cfg(test)]
mod journey;
#[cfg(test)]
mod markup;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod styles;
