//! People who link with each other.
