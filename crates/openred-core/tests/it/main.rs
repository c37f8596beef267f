//! Integration tests of openred-core: frozen vectors and properties, one module per format.

mod token;
