//! Machines of this crate among many of their kind, with everything that can go wrong between them.

#![cfg(test)]

mod order;
