//! Kith's rules, pure: no sockets, files, clock or randomness of its own.
#![forbid(unsafe_code)]
