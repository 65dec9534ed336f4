//! How sessions came about here, what is left of them, and how they run: for
//! whoever wants to see it shown.

use std::collections::VecDeque;

use kith_api::{ApiError, Code, MAX_TRACES, Reply, ShareFigures, SharePart, ShareTrace, ShareWay};
use kith_proto::digest::Digest;
use kith_proto::id::SessionId;
use kith_proto::names::escape_for_display;
use kith_proto::session::{PathId, PathNonce, Real, Reason, Side, Told, Who};
use kith_view::local::PathKind;

use super::super::error::bad;
use super::super::invites::hex;
use super::super::open::Open;
use crate::share::Figures;
use crate::store::sessions as rows;
use crate::swarm::Via;

/// The domains of what is shown of things that are no one's affair.
const SEALED: &str = "kith trace sealed";
const NONCE: &str = "kith trace nonce";

/// What is left of opened parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Parameters {
    /// There never were any here.
    #[default]
    None,
    /// They are kept while the share runs.
    Held,
    /// They were destroyed.
    Wiped,
}

impl Parameters {
    const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Held => "held",
            Self::Wiped => "wiped",
        }
    }
}

/// What is remembered of one session.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace {
    sealed: Option<Digest>,
    way: Option<ShareWay>,
    pub(super) parameters: Parameters,
    /// Why it is over, once it is.
    pub(super) over: Option<Reason>,
}

impl Trace {
    /// Sealed parameters go out, or came.
    pub(super) fn note(&mut self, told: &Told<Real>) {
        if let Told::Sealed(sealed) = told {
            self.sealed = Some(Digest::of(SEALED, sealed.bytes()));
        }
    }

    /// Everything of the share was ended; `gone`: no parameters are left.
    pub(super) fn end(&mut self, gone: bool) {
        if gone && self.parameters == Parameters::Held {
            self.parameters = Parameters::Wiped;
        }
    }
}

/// Those of sessions that are over, newest last.
pub(super) type Past = VecDeque<(Who, Trace)>;

impl Open {
    /// The way that was proven, as it is just now.
    pub(super) async fn note_way(&mut self, id: &SessionId, path: PathId, nonce: &PathNonce) {
        let conn = self.sessions.paths.get(&path.0).copied();
        let Ok(status) = self.swarm.status().await else {
            return;
        };
        let mut all = status.connections.into_iter();
        let taken = all.find(|c| Some(c.conn) == conn);
        let way = taken.map(|c| ShareWay {
            address: c
                .remote
                .map_or_else(String::new, |a| escape_for_display(&a.to_string())),
            course: match c.via {
                Via::Direct => "direct".to_owned(),
                Via::Relay(_) => "relayed".to_owned(),
            },
            proof: hex(Digest::of(NONCE, nonce.as_bytes()).as_bytes()),
        });
        if let Some(one) = self.sessions.all.get_mut(id) {
            one.trace.way = way;
        }
    }

    /// A session is over, and nothing else is known of it any more.
    pub(super) fn keep_trace(&mut self, who: Who, trace: Trace) {
        let past = &mut self.sessions.past;
        while past.len() >= MAX_TRACES {
            past.pop_front();
        }
        past.push_back((who, trace));
    }

    /// What is remembered of a session, and what memory and database hold of
    /// it now.
    pub(in super::super) async fn answer_trace(&self, session: &str) -> Result<Reply, ApiError> {
        let id: SessionId = session
            .parse()
            .map_err(|e| bad(format!("a session: {e}")))?;
        let now = self.sessions.all.get(&id).map(|one| (one.who, &one.trace));
        let past = self.sessions.past.iter().rev();
        let mut past = past.map(|(who, trace)| (*who, trace));
        let found = now.or_else(|| past.find(|(who, _)| who.session == id));
        let Some((who, trace)) = found else {
            let unknown = "nothing is remembered of that session";
            return Err(ApiError::new(Code::NotFound, unknown)
                .hint("“kith audit” has what was written down of it"));
        };
        let stored = self
            .store
            .read(move |tx| {
                let open = rows::open(tx)?.iter().any(|(w, _)| w.session == id);
                Ok((rows::used(tx, &id)?, open))
            })
            .await?;
        Ok(Reply::ShareTrace(ShareTrace {
            session: id,
            part: match who.side {
                Side::Sharer => SharePart::Sharer,
                Side::Viewer => SharePart::Viewer,
            },
            device: who.device,
            sealed: trace.sealed.map(|d| hex(d.as_bytes())),
            way: trace.way.clone(),
            parameters: trace.parameters.name().to_owned(),
            stored: match stored {
                (false, _) => "unknown".to_owned(),
                (true, true) => "open".to_owned(),
                (true, false) => "over".to_owned(),
            },
        }))
    }
}

pub(super) fn told(figures: Figures) -> Reply {
    let path = match figures.path {
        PathKind::Unknown => "",
        PathKind::Direct => "direct",
        PathKind::Relayed => "relayed",
        PathKind::Interrupted => "interrupted",
    };
    let micros = |t: core::time::Duration| u64::try_from(t.as_micros()).unwrap_or(u64::MAX);
    Reply::ShareFigures(ShareFigures {
        path: path.to_owned(),
        round_trip_us: figures.round_trip.map(micros),
        updates: figures.updates,
        bytes: figures.bytes,
    })
}
