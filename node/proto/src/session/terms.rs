//! What is asked for, offered and agreed on: the same record in all three.

use ciborium::Value;

use crate::audit::Extent;
use crate::cbor::{self, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::{PersonId, RoomId, SessionId};
use crate::policy::application::{AppName, Application, Starts, What};
use crate::policy::case::Case;
use crate::policy::decide::{Ask, Wish};
use crate::policy::hosted::Target;
use crate::policy::reference::PolicyRefs;
use crate::policy::rule::Direction;
use crate::rights::{Right, Rights, Scope};
use crate::technology::{HostedKind, Technology};

/// The terms of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The session.
    pub session: SessionId,
    /// Whose screen.
    pub sharer: PersonId,
    /// Who sees it.
    pub viewer: PersonId,
    /// In which room it was begun, if in one.
    pub room: Option<RoomId>,
    /// With which technology.
    pub technology: Technology,
    /// How the viewer takes part; only in hosted sessions.
    pub hosted: Option<HostedKind>,
    /// Who began.
    pub direction: Direction,
    /// How much is seen and controlled. In a request, what is wished for at
    /// most: which application it will be, the sharer says.
    pub extent: Extent,
    /// Those of the applications that can start others (GUARD-9), as the
    /// sharer knows: all, unless said otherwise.
    pub harmless: Vec<AppName>,
    /// What it is for (CASE-1).
    pub case: Case,
    /// The policies that the side which says this decided by.
    pub policies: PolicyRefs,
}

impl Terms {
    /// The digest by which an acceptance names an offer.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of("kith/1/session-terms", &cbor::to_bytes(self))
    }

    /// The same terms with another extent.
    #[must_use]
    pub fn with(&self, extent: Extent) -> Self {
        Self {
            extent,
            ..self.clone()
        }
    }

    /// The question to the policy.
    #[must_use]
    pub fn question(&self) -> Ask {
        let named = self.extent.applications.as_slice();
        let application = |name: &AppName| Application {
            name: name.clone(),
            starts: match self.harmless.contains(name) {
                true => Starts::Nothing,
                false => Starts::Others,
            },
        };
        let what = match (named, self.direction) {
            // Which it will be is not known yet; nothing begins on this.
            ([], Direction::Request) if self.extent.view < Scope::Desktop => What::NotChosen,
            ([], _) => What::Anything,
            (named, _) => What::Applications(named.iter().map(application).collect()),
        };
        Ask {
            sharer: self.sharer,
            viewer: self.viewer,
            room: self.room,
            technology: self.technology,
            direction: self.direction,
            what,
            wish: Wish {
                view: self.extent.view,
                control: self.extent.control,
                rights: self.extent.rights,
            },
            target: Target::Peer,
        }
    }

    /// Whether this is no more than `asked`, for the same session and purpose.
    /// A request that names no application leaves the choice to the sharer.
    #[must_use]
    pub fn within(&self, asked: &Self) -> bool {
        let (mine, theirs) = (&self.extent, &asked.extent);
        let applications = theirs.applications.as_slice();
        let open = applications.is_empty()
            && (theirs.view == Scope::Desktop || asked.direction == Direction::Request);
        let apps = mine.applications.as_slice();
        self.session == asked.session
            && self.sharer == asked.sharer
            && self.viewer == asked.viewer
            && self.room == asked.room
            && self.technology == asked.technology
            && self.hosted == asked.hosted
            && self.direction == asked.direction
            && self.case == asked.case
            && mine.view <= theirs.view
            && mine.control <= theirs.control
            && mine.rights.is_subset(theirs.rights)
            && (open || (!apps.is_empty() && apps.iter().all(|a| applications.contains(a))))
    }

    /// Whether exactly the same is seen under both: control alone differs.
    #[must_use]
    pub fn same_sight(&self, other: &Self) -> bool {
        let (a, b) = (&self.extent, &other.extent);
        a.view == b.view && a.applications == b.applications
    }

    /// The same without control; `None` if there is none.
    #[must_use]
    pub fn seen_only(&self) -> Option<Self> {
        let mut extent = self.extent.clone();
        extent.control = Scope::Nothing;
        extent.rights = extent.rights.difference(Rights::CONTROL);
        (self.extent.control > Scope::Nothing).then(|| self.with(extent))
    }

    /// Whether anybody could mean this: something is seen, control isn't
    /// wider than view, and a window or application is named where one is
    /// offered.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let e = &self.extent;
        let hosted = (self.technology == Technology::Native) == self.hosted.is_none();
        let seen = e.view > Scope::Nothing && e.rights.contains(Right::View);
        let controlled = match e.control {
            Scope::Nothing => e.rights.intersection(Rights::CONTROL).is_empty(),
            scope => scope <= e.view,
        };
        let apps = e.applications.as_slice();
        let named = match e.view {
            Scope::Nothing => false,
            Scope::Window | Scope::Application => apps.len() <= 1,
            Scope::Applications => true,
            Scope::Desktop => apps.is_empty(),
        };
        let harmless = self.harmless.iter().all(|a| apps.contains(a));
        hosted && seen && controlled && named && harmless && self.sharer != self.viewer
    }

    /// Whether they say exactly what is seen, as an offer must.
    #[must_use]
    pub fn definite(&self) -> bool {
        self.extent.view == Scope::Desktop || !self.extent.applications.as_slice().is_empty()
    }
}

impl Encode for Terms {
    fn encode(&self) -> Value {
        let map = MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.session)
            .put(2, &self.sharer)
            .put(3, &self.viewer)
            .put_opt(4, self.room.as_ref())
            .put(5, &self.technology)
            .put_opt(6, self.hosted.as_ref())
            .put(7, &self.direction)
            .put(8, &self.extent)
            .put_list(9, &self.harmless)
            .put_opt(10, (self.case != Case::default()).then_some(&self.case))
            .put_list(11, self.policies.as_slice());
        map.build()
    }
}

impl Decode for Terms {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let terms = Self {
            session: r.req(1)?,
            sharer: r.req(2)?,
            viewer: r.req(3)?,
            room: r.opt(4)?,
            technology: r.req(5)?,
            hosted: r.opt(6)?,
            direction: r.req(7)?,
            extent: r.req(8)?,
            harmless: r.list(9, crate::policy::application::MAX_SHARED)?,
            case: r.opt(10)?.unwrap_or_default(),
            policies: PolicyRefs::read(&mut r, 11)?,
        };
        let _ = r.finish()?;
        cbor::sorted(&terms.harmless, Clone::clone)?;
        match terms.is_sound() {
            true => Ok(terms),
            false => Err(DecodeError::OutOfRange),
        }
    }
}
