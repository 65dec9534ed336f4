//! The ways to a contact's devices: tried where somebody looks or asks, given up for
//! old where they may lead elsewhere now, and told (PORT-1, PORT-2, PORT-5).

use kith_api::{ApiError, PathInfo, PathWay, Reply};
use kith_proto::names::escape_for_display;
use kith_proto::paths::{Attempt, Course, Transport};
use kith_proto::standing::{Event, Trial, TrialNumber};

use super::super::open::{Done, Open};
use super::super::reach::Known;
use crate::share::{Row, Table, answers, close_dead, close_others, probe};
use crate::swarm::{ConnId, DeviceId, Origin};

/// Whether a device answered where it was found before.
#[derive(Debug)]
pub(in crate::node) struct Answered {
    device: DeviceId,
    conn: ConnId,
    answer: Answer,
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Came,
    Failed,
}

impl Open {
    /// Our person wants all ways to a contact's devices tried now (PORT-2), also to one
    /// that is away, unless that would tell somebody that we are there (DISC-4).
    pub(in crate::node) async fn probe_ways(&mut self, who: &str) -> Result<Reply, ApiError> {
        self.observe_policies().await?;
        let id = self.find(who)?;
        self.select(&id);
        let devices: Vec<DeviceId> = self.people.devices_of(&id).map(|(d, _)| d).collect();
        let sees_us = self.rules().admits(&id);
        for device in devices {
            if sees_us || self.reach.known(&device) != Known::Offline {
                self.standing(device, Event::Asked);
            }
        }
        self.tell_features(&id);
        self.features_of(who).await
    }

    /// A device talks on another connection: what was tried before may be of a program
    /// that was killed. What the trial found or opened itself says nothing new, and a
    /// trial of theirs opens connections, too: so it is asked where it was found.
    pub(in crate::node) fn talks_on(&mut self, device: DeviceId, conn: ConnId) {
        let on_trial = self.standings.on_trial(&device);
        let found = self.standings.found(&device);
        let known = match on_trial {
            true => self.reach.is_dialled(&device, conn),
            false => found.is_some_and(|t| t.rows.iter().any(|row| row.works_on(conn))),
        };
        if known {
            return;
        }
        self.standings.doubt(&device);
        // Otherwise when the trial has found something.
        if !on_trial {
            self.ask_where_found(device);
        }
    }

    /// Whether a device still answers where the last trial found it.
    pub(super) fn ask_where_found(&mut self, device: DeviceId) {
        let found = self.standings.found(&device);
        let Some(conn) = found.and_then(Table::working) else {
            return self.other_ways(device);
        };
        let (swarm, results) = (self.swarm.clone(), self.results_to.clone());
        tokio::spawn(async move {
            let answer = match answers(&swarm, conn).await {
                true => Answer::Came,
                false => Answer::Failed,
            };
            let said = Answered {
                device,
                conn,
                answer,
            };
            let _ = results.send(Done::Answered(said)).await;
        });
    }

    /// It was asked.
    pub(in crate::node) fn ways_answered(&mut self, said: &Answered) {
        let found = self.standings.found(&said.device);
        match said.answer {
            // Another trial has found something since, and is asked about by itself.
            _ if found.and_then(Table::working) != Some(said.conn) => {}
            Answer::Came => self.standings.trust(&said.device),
            Answer::Failed => self.other_ways(said.device),
        }
    }

    /// A connection ended: if it was the best, nobody knows which is now.
    pub(in crate::node) fn ways_without(&mut self, device: DeviceId, conn: ConnId) {
        let found = self.standings.found(&device);
        if found.is_some_and(|t| t.nominee() == Some(conn)) {
            self.other_ways(device);
        }
    }

    /// Where a device is, or how it is reached, isn't what it was.
    pub(in crate::node) fn other_ways(&mut self, device: DeviceId) {
        if self.standings.devices.contains_key(&device) {
            self.standing(device, Event::NetworkChanged);
            if let Some(person) = self.people.owner(&device).map(|p| p.id) {
                self.tell_features(&person);
            }
        }
    }

    pub(super) fn try_ways(&mut self, device: DeviceId, number: TrialNumber) {
        let candidates = self.ways_to(device);
        let (swarm, results) = (self.swarm.clone(), self.results_to.clone());
        self.standings.trial_began(device);
        let watched = self.standings.devices.get(&device);
        let asked = watched.is_some_and(|w| w.standing.was_asked_for(number));
        tokio::spawn(async move {
            let mut table = probe(&swarm, device, candidates).await;
            // A direct way is kept where there was none.
            let standing = |row: &&Row| row.candidate.is_none();
            let direct =
                |row: &Row| matches!(row.attempt, Attempt::Works(w) if w.course == Course::Direct);
            let had = table.rows.iter().filter(standing).any(direct);
            let keep = table.nominee().filter(|_| !had);
            close_others(&swarm, &table, keep.as_slice()).await;
            // What is closed carries nothing, though it stands for a moment yet.
            let opened = table.rows.iter_mut().filter(|r| r.candidate.is_some());
            for row in opened {
                row.conn = row.conn.filter(|c| Some(*c) == keep);
            }
            let silent = asked.then(|| table.clone());
            let done = Done::Tried {
                device,
                number,
                table,
            };
            let _ = results.send(done).await;
            // Nobody's look at a contact ends anything.
            if let Some(table) = silent {
                close_dead(&swarm, &table).await;
            }
        });
    }

    pub(super) fn path_info(&self, device: &DeviceId) -> PathInfo {
        let watched = self.standings.devices.get(device);
        let trial = watched.map_or(Trial::Untried, |w| w.standing.trial());
        let tried = watched.and_then(|w| w.tried.as_ref());
        let state = match trial {
            Trial::Untried => "untried",
            Trial::Running => "trying",
            Trial::Done(v) if v.works() => "works",
            Trial::Done(_) => "fails",
        };
        match (trial, tried) {
            (Trial::Done(_), Some((at, table))) => PathInfo {
                state: state.to_owned(),
                at_ms: Some(at.as_millis()),
                ..path_table(table)
            },
            _ => PathInfo {
                state: state.to_owned(),
                verdict: String::new(),
                text: String::new(),
                at_ms: None,
                ways: Vec::new(),
            },
        }
    }
}

/// A table of tried ways as faces are told it.
pub(in crate::node) fn path_table(table: &Table) -> PathInfo {
    PathInfo {
        state: match table.verdict.works() {
            true => "works".to_owned(),
            false => "fails".to_owned(),
        },
        verdict: table.verdict.code().to_owned(),
        text: table.verdict.words().to_owned(),
        at_ms: None,
        ways: table
            .rows
            .iter()
            .enumerate()
            .map(|(at, row)| way(row, table.best == Some(at)))
            .collect(),
    }
}

fn way(row: &Row, chosen: bool) -> PathWay {
    let address = row.candidate.as_ref().map(|c| &c.addr);
    let relayed = address.is_some_and(|a| a.relay().is_some());
    let micros = |d: core::time::Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
    let (transport, course, outcome, text, measured) = match row.attempt {
        Attempt::Works(w) => (w.transport, w.course, "works", "it works", Some(w)),
        Attempt::Fails(transport, why) => {
            let course = match relayed {
                true => Course::Relayed,
                false => Course::Direct,
            };
            (transport, course, why.code(), why.words(), None)
        }
    };
    PathWay {
        address: address.map_or_else(String::new, |a| escape_for_display(&a.to_string())),
        transport: match transport {
            Transport::Quic => "quic".to_owned(),
            Transport::Tcp => "tcp".to_owned(),
        },
        course: match course {
            Course::Direct => "direct".to_owned(),
            Course::Relayed => "relayed".to_owned(),
        },
        from: match row.candidate.as_ref().map(|c| c.origin) {
            None => "standing".to_owned(),
            Some(Origin::Own) => "remembered".to_owned(),
            Some(Origin::Peer) => "announced".to_owned(),
        },
        outcome: outcome.to_owned(),
        text: text.to_owned(),
        round_trip_us: measured.map(|w| micros(w.round_trip)),
        rate: measured.and_then(|w| w.rate),
        chosen: if chosen { "yes" } else { "no" }.to_owned(),
    }
}
