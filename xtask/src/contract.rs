//! The OpenAPI documents of directory and relay against what they do: the rules that every document keeps, and calls that
//! Schemathesis generates from them. Knows no call: the proofs of good ones are made in `xtask/contract/`.

pub(crate) mod documents;
pub(crate) mod generated;
