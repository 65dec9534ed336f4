use ciborium::Value;

use crate::cbor::{self, Decode, DecodeError, Encode, MapBuilder};
use crate::digest::Digest;
use crate::id::PersonId;
use crate::names::Name;
use crate::policy::cap::{Cap, Duties};
use crate::policy::hosted::{HostedNetwork, MAX_NETWORKS};
use crate::policy::lenient::{Fields, Understood};
use crate::policy::roles::{Powers, Role};
use crate::policy::rule::{GroupNumber, Rule};

/// The largest body in bytes: 512 KiB. A thousand members, a hundred groups
/// and a thousand rules take about 180 KiB, more than the 64 KiB of a record;
/// names in scripts of three bytes and many groups a member double that. A
/// body still goes into one frame (1 MiB after the greeting), its digest is
/// checked before anything is parsed, and that digest was signed by the
/// administrators: no stranger can make us parse a large body.
pub const MAX_BODY: usize = 512 * 1024;
/// The most members.
pub const MAX_MEMBERS: usize = 2_000;
/// The most groups.
pub const MAX_GROUPS: usize = 256;
/// The most groups that one member is in.
pub const MAX_GROUPS_OF_ONE: usize = 32;
/// The most rules.
pub const MAX_RULES: usize = 2_000;

/// Domain of the digest of a body.
const DOMAIN: &str = "kith/1/policy-body";

/// Somebody in the organisation: an entry of its directory (DISC-5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub person: PersonId,
    /// By which name the organisation lists them.
    pub name: Name,
    /// What they are.
    pub role: Role,
    /// In which groups, sorted.
    pub groups: Vec<GroupNumber>,
    /// Somebody whose entry isn't wholly understood can neither share nor
    /// view.
    pub understood: Understood,
}

impl Encode for Member {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.person)
            .put(1, &self.name)
            .put(2, &self.role)
            .put_list(3, &self.groups)
            .build()
    }
}

impl Decode for Member {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut f = Fields::new(value)?;
        let person = f.req(0)?;
        let name = f.req(1)?;
        let role = Role::from_number(f.req(2)?);
        if role.is_none() {
            f.doubt(Understood::Partly);
        }
        let groups: Vec<GroupNumber> = f.list(3, MAX_GROUPS_OF_ONE)?;
        if !groups.windows(2).all(|w| w[0] < w[1]) {
            return Err(DecodeError::OutOfRange);
        }
        Ok(Self {
            person,
            name,
            role: role.unwrap_or(Role::Participant),
            groups,
            understood: f.finish()?,
        })
    }
}

/// A group of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its number, by which members and rules name it.
    pub number: GroupNumber,
    /// What it is called.
    pub name: Name,
    /// The members of a group that isn't wholly understood can neither share
    /// nor view.
    pub understood: Understood,
}

impl Encode for Group {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.number)
            .put(1, &self.name)
            .build()
    }
}

impl Decode for Group {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut f = Fields::new(value)?;
        Ok(Self {
            number: f.req(0)?,
            name: f.req(1)?,
            understood: f.finish()?,
        })
    }
}

/// The content of a policy: who belongs, and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyBody {
    /// Members, sorted by person.
    pub members: Vec<Member>,
    /// Groups, sorted by number.
    pub groups: Vec<Group>,
    /// Rules, sorted by number.
    pub rules: Vec<Rule>,
    /// Servers that host sessions.
    pub hosted: Vec<HostedNetwork>,
    /// What is demanded of every share: case fields (CASE-1), acceptance
    /// each time (no standing consent, ASK-3), trials, no control of programs
    /// that start others (GUARD-9).
    pub demands: Duties,
    /// Roles that carry less than they could, sorted.
    pub roles: Vec<(Role, Powers)>,
    /// What a share is capped to where one of the two isn't a member. Absent
    /// means off: somebody removed has no rights left (POL-7).
    pub outsiders: Cap,
    /// A body with an unknown field allows nothing.
    pub understood: Understood,
}

impl Default for PolicyBody {
    /// Nobody belongs, outsiders may do nothing.
    fn default() -> Self {
        Self {
            members: Vec::new(),
            groups: Vec::new(),
            rules: Vec::new(),
            hosted: Vec::new(),
            demands: Duties::NONE,
            roles: Vec::new(),
            outsiders: Cap::OFF,
            understood: Understood::Wholly,
        }
    }
}

struct RoleEntry(Option<(Role, Powers)>);

impl Decode for RoleEntry {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let Ok([role, powers]) = <[Value; 2]>::try_from(<Vec<Value>>::decode(value)?) else {
            return Err(DecodeError::Type("a role and its powers"));
        };
        let role = Role::from_number(u16::decode(role)?);
        // A power that isn't known here isn't granted here.
        let powers = Powers::decode(powers)?;
        Ok(Self(role.map(|r| (r, powers))))
    }
}

impl PolicyBody {
    /// The digest that a header names.
    #[must_use]
    pub fn digest(bytes: &[u8]) -> Digest {
        Digest::of(DOMAIN, bytes)
    }

    /// Sorts everything, as the wire form needs it.
    pub fn sort(&mut self) {
        self.members.sort_by_key(|m| m.person);
        self.members.iter_mut().for_each(|m| m.groups.sort());
        self.groups.sort_by_key(|g| g.number);
        self.rules.sort_by_key(|r| r.number);
        self.roles.sort_by_key(|(r, _)| *r);
    }

    /// The wire form, and its digest for the header.
    ///
    /// # Errors
    /// Too long, or one that its own reader would refuse, such as unsorted
    /// parts or a rule about a group that doesn't exist: our fault, or the
    /// administrator's input.
    pub fn to_bytes(&self) -> Result<(Vec<u8>, Digest), DecodeError> {
        let bytes = cbor::to_bytes(self);
        Self::from_bytes(&bytes)?;
        let digest = Self::digest(&bytes);
        Ok((bytes, digest))
    }

    /// Reads a body whose digest the caller has compared.
    ///
    /// # Errors
    /// Longer than [`MAX_BODY`], not canonical, not a body; members, groups
    /// or rules repeated or out of order; a group that doesn't exist.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        cbor::from_bytes(bytes, MAX_BODY)
    }

    /// Looks somebody up.
    #[must_use]
    pub fn member(&self, person: &PersonId) -> Option<&Member> {
        let at = self
            .members
            .binary_search_by(|m| m.person.cmp(person))
            .ok()?;
        self.members.get(at)
    }

    /// The directory (DISC-5): members whose name holds `part`, compared
    /// without regard to case.
    pub fn directory(&self, part: &str) -> impl Iterator<Item = &Member> {
        let part = part.to_lowercase();
        self.members
            .iter()
            .filter(move |m| m.name.as_str().to_lowercase().contains(&part))
    }

    fn has_group(&self, number: GroupNumber) -> bool {
        self.groups
            .binary_search_by_key(&number, |g| g.number)
            .is_ok()
    }

    fn check(&self) -> Result<(), DecodeError> {
        let sorted = self.members.windows(2).all(|w| w[0].person < w[1].person)
            && self.groups.windows(2).all(|w| w[0].number < w[1].number)
            && self.rules.windows(2).all(|w| w[0].number < w[1].number)
            && self.roles.windows(2).all(|w| w[0].0 < w[1].0);
        let of_members = self.members.iter().flat_map(|m| m.groups.iter().copied());
        let mut named = of_members.chain(self.rules.iter().flat_map(Rule::groups));
        match sorted && named.all(|g| self.has_group(g)) {
            true => Ok(()),
            false => Err(DecodeError::OutOfRange),
        }
    }
}

const V: i64 = 0;
const MEMBERS: i64 = 1;
const GROUPS: i64 = 2;
const RULES: i64 = 3;
const HOSTED: i64 = 4;
const DEMANDS: i64 = 5;
const ROLES: i64 = 6;
const OUTSIDERS: i64 = 7;

impl Encode for PolicyBody {
    fn encode(&self) -> Value {
        let roles: Vec<Value> = self
            .roles
            .iter()
            .map(|(r, p)| Value::Array(vec![r.encode(), p.encode()]))
            .collect();
        let off = self.outsiders.settled() == Cap::OFF;
        MapBuilder::new()
            .put(V, &1u64)
            .put_list(MEMBERS, &self.members)
            .put_list(GROUPS, &self.groups)
            .put_list(RULES, &self.rules)
            .put_list(HOSTED, &self.hosted)
            .put_opt(DEMANDS, Some(&self.demands).filter(|d| !d.is_empty()))
            .put_list(ROLES, &roles)
            .put_opt(OUTSIDERS, Some(&self.outsiders).filter(|_| !off))
            .build()
    }
}

impl Decode for PolicyBody {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut f = Fields::new(value)?;
        match f.req::<u64>(V)? {
            1 => {}
            v => return Err(DecodeError::Version(v)),
        }
        let members = f.list(MEMBERS, MAX_MEMBERS)?;
        let groups = f.list(GROUPS, MAX_GROUPS)?;
        let rules = f.list(RULES, MAX_RULES)?;
        let hosted = f.list(HOSTED, MAX_NETWORKS)?;
        let demands = f.known_set(DEMANDS, Duties::read)?.unwrap_or_default();
        let roles: Vec<RoleEntry> = f.list(ROLES, crate::registry::MAX_LISTED)?;
        let outsiders = f
            .opt::<Value>(OUTSIDERS)?
            .map(Cap::read)
            .transpose()?
            .map_or(Cap::OFF, |(cap, _)| cap);
        let body = Self {
            members,
            groups,
            rules,
            hosted,
            demands,
            roles: roles.into_iter().filter_map(|r| r.0).collect(),
            outsiders,
            understood: f.finish()?,
        };
        body.check()?;
        Ok(body)
    }
}

#[cfg(test)]
mod tests;
