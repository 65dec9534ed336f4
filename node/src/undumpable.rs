//! A process whose memory nobody else of this user may read, and that leaves
//! no core file (SEAL-2).

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Makes this process so. Where the system doesn't know how, nothing happens.
pub fn enter() {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
}
