//! Hosted sessions among the others: the machine doesn't know the difference
//! (HOST-1). Here are the server that is offered, its password until the
//! session runs, and the viewer program. The password stays with the sharer
//! (HOST-2): what is sealed is another, which is good for the session.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::num::NonZeroU16;
use std::ops::RangeInclusive;

use kith_api::{ApiError, Code, Secret};
use kith_proto::audit::By;
use kith_proto::capability::{Means, Offer};
use kith_proto::grant::ControlGrant;
use kith_proto::id::SessionId;
use kith_proto::policy::decide::{Ask, Decision, Side, decide};
use kith_proto::policy::hosted::{Target, may_host};
use kith_proto::rfb::RfbFault;
use kith_proto::rights::{Rights, Scope};
use kith_proto::seal::{Endpoint, OneTimeKey, SharingParameters};
use kith_proto::session::{Event, Prepared, Ready, Real, Reason, Session, Terms};
use kith_proto::technology::{HostedKind, Technology};
use kith_screen::look::fill;
use tokio::time::Instant;

use super::super::error::bad;
use super::super::open::Open;
use super::NOTHING;
use super::display::panic_is_heard;
use super::show::with_control;
use super::trace::Parameters;
use crate::env::linux::Linux;
use crate::env::system::System as _;
use crate::hosted::{Door, Keys, Leave, Look, NoServer, Password, Spot, one_time, opens};
use crate::share::{Overseen, PathNonce};
use crate::swarm::DeviceId;

/// The only means so far: a session that runs already, seen by VNC.
pub(super) const VNC: Means = Means::Hosted(Technology::Vnc, HostedKind::Shadow);

/// The ports at which VNC servers are usually found, and listed.
const PORTS: RangeInclusive<u16> = 5900..=5999;
/// The most own addresses that are looked at for one session.
const MAX_OWN: usize = 8;

/// A server of the sharer's, with what opens it until the session runs.
#[derive(Debug)]
pub(super) struct Offered {
    server: SocketAddr,
    password: Option<Password>,
    /// What the viewer is told instead, once that is sealed.
    one_time: Option<Password>,
    /// Where it may come by itself.
    spot: Option<Spot>,
}

impl Offered {
    /// A server as a person names it: a port of this machine, or an address
    /// and a port.
    ///
    /// # Errors
    /// Neither, or a password that none can have.
    fn new(server: &str, password: Option<&Secret>) -> Result<Self, ApiError> {
        let port = server.parse().map(NonZeroU16::get);
        let local = port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let server = local
            .or_else(|_| server.parse::<SocketAddr>())
            .ok()
            .filter(|s| s.port() != 0)
            .filter(|s| s.ip().is_loopback() || may_host(s.ip()))
            .ok_or_else(|| {
                bad("that isn’t the place of a server")
                    .hint("the port of a server on this machine, such as 5901, or ADDRESS:PORT")
            })?;
        let password = password
            .map(|p| Password::new(p.expose().to_owned()))
            .transpose()
            .map_err(|e| bad(format!("that password can’t be used: {e}")))?;
        Ok(Self {
            server,
            password,
            one_time: None,
            spot: None,
        })
    }

    /// Whether it is a server that opens with what is known. One elsewhere isn't
    /// dialled before the policy was asked.
    async fn opened(&self) -> Result<(), ApiError> {
        if self.server.ip().is_loopback()
            && let Err(error) = opens(self.server, self.password.as_ref()).await
        {
            let port = self.server.port();
            return Err(match error {
                NoServer::Rfb(RfbFault::Needed) => bad(format!(
                    "the VNC server at port {port} asks for its password"
                ))
                .hint("“--password-file FILE” says it; in the program, its field"),
                NoServer::Rfb(RfbFault::Password) => bad(format!(
                    "the VNC server at port {port} doesn’t take that password"
                )),
                error => {
                    let message = format!("port {port} isn’t that of a VNC server: {error}");
                    ApiError::new(Code::Unreachable, message)
                        .hint("“kith doctor” says which servers run here")
                }
            });
        }
        Ok(())
    }

    /// Where it leads, for the policy.
    fn target(&self) -> Target {
        target_of(self.server)
    }

    /// What is sealed, and the copy that stays, without anything secret. Where
    /// the server is, the viewer needn't know; where it may come by itself, it
    /// must.
    pub(super) fn prepare(&mut self, spot: Option<TcpListener>) -> Option<Prepared> {
        let rng = &mut crate::random::system();
        let [sealed, stays] = one_time(rng).ok()?;
        self.one_time = Some(stays);
        let mut sealed = SharingParameters {
            password: Some(sealed),
            ..SharingParameters::default()
        };
        if let Some(listener) = spot {
            let place = listener.local_addr().ok()?;
            let port = NonZeroU16::new(place.port())?;
            let endpoint = Endpoint::new(Technology::Vnc, place.ip(), port).ok()?;
            let key = OneTimeKey::random(rng);
            sealed.endpoints.push(endpoint);
            // Each is wiped where it lies.
            let stays = key.expose().first_chunk().map(OneTimeKey::from_bytes)?;
            sealed.one_time_key = Some(key);
            let key = stays;
            self.spot = Some(Spot { listener, key });
        }
        let kept = SharingParameters::default();
        Some(Prepared { sealed, kept })
    }

    /// What the session is opened with; after this nothing here knows it.
    fn keys(&mut self) -> Option<Keys> {
        Some(Keys {
            server: self.password.take(),
            viewer: self.one_time.take()?,
        })
    }
}

fn target_of(server: SocketAddr) -> Target {
    match server.ip().is_loopback() {
        true => Target::Peer,
        false => Target::Server {
            addr: server.ip(),
            port: server.port(),
        },
    }
}

/// Until when the viewer may use its hands, by a grant.
fn leave(control: Option<&ControlGrant>, clock: kith_proto::time::Monotonic) -> Leave {
    match control {
        Some(control) => Leave::Free(Instant::now() + control.until().since(clock)),
        None => Leave::Bound,
    }
}

/// The terms for a hosted session instead of Kith's own share.
pub(super) fn by_vnc(terms: &mut Terms) {
    terms.technology = Technology::Vnc;
    terms.hosted = Some(HostedKind::Shadow);
}

impl Open {
    /// A server that our person wants to show, looked at.
    ///
    /// # Errors
    /// It isn't one, nothing answers there, or it can't be shown like this.
    pub(super) async fn offered(
        &self,
        server: &str,
        password: Option<&Secret>,
    ) -> Result<Offered, ApiError> {
        let mut offered = Offered::new(server, password)?;
        if offered.password.is_none() {
            offered.password = self.account_for(offered.server).await?;
        }
        panic_is_heard().await?;
        offered.opened().await?;
        Ok(offered)
    }

    /// A server and what opens it, to be kept: on this machine it does.
    ///
    /// # Errors
    /// As [`Self::offered`].
    pub(in super::super) async fn server_opened_by(
        server: &str,
        password: &Secret,
    ) -> Result<(SocketAddr, Password), ApiError> {
        let offered = Offered::new(server, Some(password))?;
        offered.opened().await?;
        let server = offered.server;
        offered
            .password
            .map(|password| (server, password))
            .ok_or_else(|| bad("an account has a password"))
    }

    /// What this device can do with servers of others: what the environment
    /// has found, and sharing whatever our person names.
    pub(super) fn hosted_offer(&self, rights: Rights) -> Offer {
        let found = self.my_capability();
        let mut offers = found.into_iter().flat_map(|c| &c.offers);
        Offer {
            means: VNC,
            share: Some(rights),
            join: offers.find(|o| o.means == VNC).and_then(|o| o.join),
        }
    }

    /// Where a session leads to, as far as this side knows.
    pub(super) fn target(one: &super::One) -> Target {
        let offered = one.offered.as_ref().map(Offered::target);
        offered
            .or(one.direct.map(target_of))
            .unwrap_or(Target::Peer)
    }

    pub(super) fn open_door(&mut self, id: &SessionId, ready: Ready<Real>) -> Result<(), Reason> {
        let failed = Reason::LaunchFailed;
        let one = self.sessions.all.get(id).ok_or(failed)?;
        let server = one.offered.as_ref().ok_or(failed)?.server;
        let viewer = self.named(&one.who.person).name;
        let title = fill(self.texts().vnc_at, &[&server.port().to_string()]);
        // With a screen, its warden hears the panic key while the door is
        // open, and has the last word on the viewer's hands (GUARD-6).
        let overseen = self.sessions.shares.oversee(*id, title, viewer);
        let one = self.sessions.all.get_mut(id).ok_or(failed)?;
        let offered = one.offered.as_mut().ok_or(failed)?;
        let (keys, spot) = (offered.keys().ok_or(failed)?, offered.spot.take());
        let door = Door {
            session: *id,
            viewer: one.who.device,
            nonce: PathNonce::from_bytes(*ready.nonce.as_bytes()),
            server,
            keys,
            spot,
            leave: Leave::Bound,
        };
        one.control = ready.grant.control();
        one.keep(ready.params);
        one.how = Some(ready.grant.how());
        one.share = overseen.as_ref().map(Overseen::share);
        one.overseen = overseen;
        self.sessions.hosted.offer(door).map_err(|_| failed)?;
        self.hands_at_door(id);
        Ok(())
    }

    /// What takes control at a server back where limits fit: nobody can keep
    /// them there (GUARD-4).
    pub(super) fn beyond_limits(&self, id: &SessionId) -> Option<Event<Real>> {
        let one = self.sessions.all.get(id)?;
        let controls = one.control.is_some() && one.last.technology != Technology::Native;
        let terms = one.session.as_ref().and_then(Session::terms)?;
        let beyond = controls && !self.bars_of_share(one).is_empty();
        let less = with_control(terms, NOTHING);
        beyond.then(|| Event::Reduce(less, By::Sharer, Reason::Denied))
    }

    /// The viewer's hands as the newest grant says, where no limits fit.
    fn hands_at_door(&mut self, id: &SessionId) {
        let Some(one) = self.sessions.all.get(id) else {
            return;
        };
        let control = one.control.as_ref();
        let control = control.filter(|_| self.bars_of_share(one).is_empty());
        let now = leave(control, self.sessions.clock());
        match (&one.overseen, &one.control, now) {
            (Some(overseen), Some(control), Leave::Free(until)) => {
                overseen.give(until, &self.offer_of(one, control));
            }
            (Some(overseen), ..) => overseen.take(),
            (None, ..) => {
                self.sessions.hosted.set_leave(*id, now);
                // Nobody is asked there: free hands count at once.
                if let Leave::Free(_) = now {
                    self.sessions.given(id);
                }
            }
        }
    }

    pub(super) fn look_in(&mut self, id: &SessionId, ready: Ready<Real>) -> Result<(), Reason> {
        let failed = Reason::LaunchFailed;
        let one = self.sessions.all.get(id).ok_or(failed)?;
        let conn = self.sessions.paths.get(&ready.path.0).copied();
        let params = ready.params;
        let spot = params.endpoints.first().map(place);
        let spot = spot.filter(|spot| self.listed(&one.last.question(), Side::Viewer, *spot));
        let direct = spot.zip(params.one_time_key);
        let viewer = self
            .surroundings
            .viewer(Technology::Vnc)
            .and_then(|name| Linux.program(name));
        let look = Look {
            session: *id,
            nonce: PathNonce::from_bytes(*ready.nonce.as_bytes()),
            conn: conn.ok_or(Reason::NoPath)?,
            direct,
            // The rest is wiped here.
            password: params.password.ok_or(failed)?,
            program: viewer.ok_or(failed)?,
            folder: self.folder.clone(),
        };
        let looked = self.sessions.hosted.watch(look);
        if let Some(one) = self.sessions.all.get_mut(id) {
            one.direct = spot;
            // The viewer program's, until the end.
            one.trace.parameters = Parameters::Held;
        }
        looked.map_err(|_| failed)
    }

    /// Whether the signed policies of our person list a place, for this very
    /// session: only then a viewer dials what a sharer names (R4, PORT-3), and
    /// only there a sharer waits for it.
    fn listed(&self, ask: &Ask, side: Side, place: SocketAddr) -> bool {
        if !may_host(place.ip()) {
            return false;
        }
        let judged = self.judged();
        let organisations = self.policies.organisations(&judged);
        let meeting = self.moderated(ask.room);
        let cx = kith_proto::policy::decide::Context {
            now: judged.now(),
            side,
            organisations: &organisations,
            meeting: meeting.as_ref(),
            local: None,
            remote: None,
            viewer: kith_proto::policy::consent::Verification::Unverified,
            consents: &[],
        };
        let target = target_of(place);
        let ask = Ask {
            target,
            ..ask.clone()
        };
        matches!(decide(&cx, &ask), Decision::Granted(granted)
            if granted.cap.view >= Scope::Desktop)
    }

    /// A port at which the viewer may come by itself, if the policies list one
    /// on one of our addresses: the highest, where displays are rarely.
    pub(super) async fn spot(&self, id: &SessionId) -> Option<TcpListener> {
        let one = self.sessions.all.get(id)?;
        let ask = one.last.question();
        let own = self.places_for(&one.who.device).await;
        let places = own.into_iter().take(MAX_OWN).flat_map(|ip| {
            let ports = PORTS.rev();
            ports.map(move |port| SocketAddr::from((ip, port)))
        });
        places
            .filter(|place| self.listed(&ask, Side::Sharer, *place))
            .find_map(|place| TcpListener::bind(place).ok())
    }

    /// Our addresses to which a viewer may come: none, if it learns none of
    /// ours (DISC-8).
    pub(in crate::node) async fn places_for(&self, device: &DeviceId) -> Vec<IpAddr> {
        match self.is_relay_only(device) {
            true => Vec::new(),
            false => self.sessions.hosted.own_addresses().await,
        }
    }

    /// Control at a server as the newest grant says.
    pub(super) fn regrant_hosted(&mut self, id: &SessionId, control: Option<ControlGrant>) {
        let Some(one) = self.sessions.all.get_mut(id) else {
            return;
        };
        one.control = control;
        self.hands_at_door(id);
    }
}

fn place(endpoint: &Endpoint) -> SocketAddr {
    let ip: IpAddr = endpoint.address();
    SocketAddr::from((ip, endpoint.port()))
}
