//! The ports that the router opens for us: what is wanted of it, and what it
//! says.

use std::net::IpAddr;

use super::{
    super::{
        addr::Addr,
        config::{Listen, Switch},
        event::NetEvent,
        judge::{Place, place},
        router::RouterState,
    },
    Driver,
};

impl Driver {
    /// Tells the router's task what is wanted now, whenever that or the
    /// network may have changed. Where a person vouches for an address, or
    /// this machine has a public one, nothing is.
    pub(super) fn want_ports(&mut self) {
        let wanted = self.config.router == Switch::On
            && self.config.listen == Listen::Everywhere
            && self.config.external.is_empty();
        let v4 = self.listening.iter().filter_map(|addr| {
            let socket = addr.socket().filter(|s| s.is_ipv4())?;
            Some((addr.link(), socket))
        });
        let private = |ip: IpAddr| matches!(place(ip), Place::Private(_));
        let ports = v4.filter(|(_, socket)| wanted && private(socket.ip()));
        let ports = ports.map(|(link, socket)| (link, socket.port())).collect();
        self.router.want(ports);
    }

    pub(super) fn on_router(&mut self, state: RouterState) {
        let opened = match &state {
            RouterState::Opened { at } => at.clone(),
            _ => Vec::new(),
        };
        let before = std::mem::replace(&mut self.opened, opened);
        // What was confirmed leads nowhere any more.
        let gone = before.iter().filter(|addr| !self.opened.contains(addr));
        let gone: Vec<Addr> = gone.cloned().collect();
        let mut confirmed = false;
        for addr in gone {
            if self.external.remove(&addr) {
                self.net.remove_external_address(&addr.to_multi());
                confirmed = true;
            }
        }
        match confirmed {
            true => {
                self.test_anew();
                self.reconsider();
            }
            false => self.suggest_opened(),
        }
        self.tell(NetEvent::Router(state));
    }

    /// Others are asked whether they reach us there.
    pub(super) fn suggest_opened(&mut self) {
        for addr in &self.opened {
            let pinned = &mut self.net.behaviour_mut().pinned;
            pinned.suggest(addr.to_multi());
        }
    }
}
