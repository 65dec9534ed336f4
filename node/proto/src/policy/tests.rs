//! Tests of the decision as a whole: by example, by its laws, and against a
//! second reading of the rules.

mod examples;
mod laws;
mod matrix;
mod meetings;
mod records;
mod reference;
