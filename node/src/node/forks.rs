//! A device's log that has two versions (spec 08, "Forks"): where faces are
//! told of it, and what helps. It comes of a profile's folder that was put back
//! from an old copy, or used twice; or somebody has stolen a copy.

use std::collections::BTreeSet;

use kith_api::{
    ApiError, Content as Shown, Doubt, Edited, Erasable, Event as Told, Finding, Happened, Level,
    Message, Mine, RoomRef, Warning,
};
use kith_proto::id::{DeviceId, PersonId, RoomId};
use kith_proto::room::entry::Pos;
use kith_proto::room::log::{Fork, Line};

use super::doctor::finding;
use super::invites::hex;
use super::messages::is_line;
use super::open::Open;

/// What whoever writes on such a device must do.
pub(super) const HINT: &str = "this profile’s folder was put back from an old copy, or is in use \
    twice: “kith backup FILE”, stop the node, and “kith restore FILE” into a new profile; revoke \
    this device there with “kith id --revoke DEVICE”, and send again what is marked";

impl Open {
    /// A room's history, in the order in which everybody sees it.
    pub(super) fn lines(&self, room: &RoomId) -> Result<Vec<Line>, ApiError> {
        let Some(sync) = self.rooms.rooms.get(room) else {
            return Err(self.not_in(room));
        };
        let log = sync.log();
        let told = |line: &Line| match line {
            Line::Fork(_) => true,
            Line::Entry(pos) => log.readable(pos).is_some_and(|(_, r)| is_line(r.kind)),
        };
        Ok(log.lines().into_iter().filter(told).collect())
    }

    /// These lines as people see them.
    pub(super) async fn messages_of(
        &self,
        room: &RoomId,
        lines: &[Line],
    ) -> Result<Vec<Message>, ApiError> {
        let mut all = Vec::with_capacity(lines.len());
        // What stands between two forks is read at once.
        for run in lines.chunk_by(|a, b| matches!((a, b), (Line::Entry(_), Line::Entry(_)))) {
            let entry = |line: &Line| match line {
                Line::Entry(pos) => Some(*pos),
                Line::Fork(_) => None,
            };
            match run {
                [Line::Fork(device)] => all.extend(self.fork_notice(room, device)),
                _ => {
                    let at: Vec<Pos> = run.iter().filter_map(entry).collect();
                    all.extend(self.messages(room, &at).await?);
                }
            }
        }
        Ok(all)
    }

    /// The fork whose notice has that id, or one that begins so.
    pub(super) fn find_fork(&self, room: &RoomId, prefix: &str) -> Option<Line> {
        let prefix = prefix.to_ascii_lowercase();
        let mut forks = self.rooms.rooms.get(room)?.log().forks();
        let fork = forks.find(|f| notice_id(f).starts_with(&prefix))?;
        Some(Line::Fork(fork.device))
    }

    fn fork_notice(&self, room: &RoomId, device: &DeviceId) -> Option<Message> {
        let log = self.rooms.rooms.get(room)?.log();
        let fork = log.forks().find(|f| f.device == *device)?;
        let me = self.account.person();
        let mine = *device == self.account.device();
        let whose = match mine {
            true => "this device".to_owned(),
            false => format!("a device of {}", self.reference(&fork.person).name),
        };
        let mut words = format!(
            "from here on there are two versions of what {whose} ({}) wrote: it was put back from \
             an old copy, or somebody else has one. What it wrote since is marked: it may be \
             somebody else’s, isn’t passed on, and changes nothing in this room",
            short(device)
        );
        let out = log.orphans().into_iter().map(|p| match p == me {
            true => "you".to_owned(),
            false => self.reference(&p).name,
        });
        let out = out.collect::<Vec<_>>().join(", ");
        let (code, about) = match out.is_empty() {
            true => ("forked", short(device)),
            false => ("forked-out", out),
        };
        if code == "forked-out" {
            words.push_str(&format!(
                ". No longer in this room, as nothing else had let them in: {about}; an admin can \
                 invite them again"
            ));
        }
        Some(Message {
            id: notice_id(fork),
            room: self.room_ref(room),
            author: self.reference(&fork.person),
            mine: match mine {
                true => Mine::Yes,
                false => Mine::No,
            },
            at_ms: fork.at.wall.as_millis(),
            content: Shown::Notice(words),
            happened: Some(Happened {
                code: code.into(),
                about,
            }),
            reply_to: None,
            edited: Edited::No,
            reactions: Vec::new(),
            delivery: None,
            erasable: Erasable::No,
            deleted_by: None,
            doubt: Doubt::Fork,
        })
    }

    /// Tells faces of forks that were found.
    pub(super) fn tell_forks(&mut self, room: &RoomId, devices: &BTreeSet<DeviceId>) {
        for device in devices {
            let Some(notice) = self.fork_notice(room, device) else {
                continue;
            };
            let person = notice.author.id;
            self.tell(Told::Message(notice));
            self.tell_about(&person);
        }
    }

    /// The rooms in which the log of that device has two versions.
    pub(super) fn forked_in(&self, device: &DeviceId) -> Vec<RoomRef> {
        let rooms = self.rooms.rooms.iter();
        rooms
            .filter(|(_, sync)| sync.log().forks().any(|f| f.device == *device))
            .map(|(room, _)| self.room_ref(room))
            .collect()
    }

    /// What is to be said of a person of whom a device's log has two versions.
    pub(super) fn fork_warning(&self, person: &PersonId) -> Option<Warning> {
        let forks = |(_, sync): (_, &kith_proto::room::sync::RoomSync)| {
            let of = sync.log().forks().filter(|f| f.person == *person);
            of.map(|f| f.device).collect::<Vec<_>>()
        };
        let devices: BTreeSet<DeviceId> = self.rooms.rooms.iter().flat_map(forks).collect();
        let revoked = |d: &DeviceId| {
            let log = self.people.get(person).and_then(|p| p.log.as_ref());
            log.is_some_and(|l| l.state().revocation(d).is_some())
        };
        // Once they have revoked it, it is settled.
        let open: Vec<String> = devices.iter().filter(|d| !revoked(d)).map(short).collect();
        let about = open.join(", ");
        (!open.is_empty()).then(|| Warning {
            code: "forked-log".into(),
            words: format!(
                "there are two versions of what a device of theirs ({about}) wrote in rooms: it \
                 was put back from an old copy, or somebody else has one. Ask them in person; what \
                 is marked in the rooms may not be theirs"
            ),
            about,
        })
    }

    /// Whether a device of mine can write nothing more in some rooms.
    pub(super) fn check_forks(&self) -> Vec<Finding> {
        let state = self.account.log().state();
        let listed = state.devices.iter().map(|l| l.device);
        let in_rooms = listed.map(|d| (d, self.forked_in(&d)));
        let forked = in_rooms.filter(|(_, rooms)| !rooms.is_empty());
        let told = forked.map(|(device, rooms)| {
            let titles: Vec<String> = rooms.into_iter().map(|r| r.title).collect();
            let titles = titles.join(", ");
            match device == self.account.device() {
                true => finding(
                    "forked",
                    Level::Bad,
                    format!(
                        "There are two versions of what this device wrote: it can write nothing \
                         more in {titles}."
                    ),
                )
                .about([titles])
                .hint(HINT),
                false => finding(
                    "other-device-forked",
                    Level::Limited,
                    format!(
                        "There are two versions of what another device of yours ({}) wrote in \
                         {titles}.",
                        short(&device)
                    ),
                )
                .about([titles])
                .hint("if it isn’t in use any more: “kith id --revoke DEVICE”"),
            }
        });
        told.collect()
    }
}

/// The other version's id: no message here has it.
fn notice_id(fork: &Fork) -> String {
    hex(fork.entries[1].0.as_bytes())
}

fn short(device: &DeviceId) -> String {
    device.to_string().chars().take(14).collect()
}
