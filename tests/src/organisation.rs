//! An organisation that one person administers alone.

use std::path::{Path, PathBuf};

use kith_api::{Event, PolicyInfo, PolicyRequest, Reply, Request};

use crate::Person;

/// An organisation whose only administrator is one of the people.
#[derive(Debug)]
pub struct Organisation {
    name: &'static str,
    folder: PathBuf,
}

impl Organisation {
    /// This person founds one; its files lie in this folder.
    #[must_use]
    pub fn found(admin: &Person, name: &'static str, folder: &Path) -> Self {
        admin.kith(&["org", "new", name]).ok();
        Self {
            name,
            folder: folder.to_path_buf(),
        }
    }

    /// Takes in those whom the administrator knows by these names, `me` being
    /// themself, as what may do everything.
    pub fn organisers(&self, admin: &Person, members: &[&str]) {
        for member in members {
            admin
                .kith(&["org", "member", "add", self.name, member])
                .args(["--role", "organiser"])
                .ok();
        }
    }

    /// Signs the policy as it stands and publishes it; gives the file.
    pub fn publish(&self, admin: &Person, name: &str) -> String {
        let file = |name: &str| self.folder.join(name).display().to_string();
        let (signed, published) = (file(&format!("{name}-signed")), file(name));
        admin
            .kith(&["org", "sign", self.name, "--yes", "--out", &signed])
            .ok();
        admin.kith(&["org", "publish", &signed, &published]).ok();
        published
    }
}

/// The id by which an organisation takes a person in.
///
/// # Panics
/// When their node doesn't say.
pub fn id(person: &mut Person) -> String {
    match person.ask(Request::Identity) {
        Reply::Identity(identity) => identity.person.to_string(),
        other => panic!("{other:?}"),
    }
}

/// The policy that they have.
///
/// # Panics
/// When they have none.
pub fn policy(person: &mut Person) -> PolicyInfo {
    match person.ask(Request::Policy(PolicyRequest::List)) {
        Reply::Policies(list) => list.into_iter().next().expect("a policy"),
        other => panic!("{other:?}"),
    }
}

/// Waits until the person has this policy, in this state.
pub fn wait_for_policy(person: &mut Person, number: u64, state: &str) {
    while (policy(person).number, policy(person).state.as_str()) != (number, state) {
        person.wait("a policy", |e| matches!(e, Event::Policy(_)));
    }
}
