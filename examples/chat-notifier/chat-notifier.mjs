// A listener of your own: tells a chat room (Slack, Mattermost, Rocket.Chat: any incoming webhook) what was written.
//
//   kinto.event_listeners = chat
//   kinto.event_listeners.chat.use = ./chat-notifier.mjs
//   kinto.event_listeners.chat.url = https://chat.example.com/hooks/…
//   kinto.event_listeners.chat.buckets = blog
import { defineListener, UndeliverableChange } from 'kumocast';

export default defineListener({
  // Kept in the change log until the room has taken it, also over restarts; `on-every-node` would be now or never.
  delivery: 'once-per-cluster',
  settings: {
    url: { type: 'string', sentence: 'The incoming webhook of the room.', required: true, secret: true },
    field: { type: 'string', sentence: 'The field of a record that is shown.', default: 'title' },
  },
  create: ({ url, field }) => ({
    async afterCommit({ id, action, parentId, resourceName, impacted }, cutOff) {
      const names = impacted.map(({ newText }) => JSON.parse(newText)).map((object) => object[field] ?? object.id);
      const response = await fetch(url, {
        method: 'POST',
        // The same id whenever it is sent again, so that a receiver can tell.
        headers: { 'content-type': 'application/json', 'idempotency-key': id },
        body: JSON.stringify({ text: `${action} ${resourceName} in ${parentId || '/'}: ${names.join(', ')}` }),
        signal: cutOff,
      });
      // What the room will never take is put among the dead letters; anything else is tried again.
      if (response.status === 400) throw new UndeliverableChange('the room refuses the message');
      if (!response.ok) throw new Error(`the room answered ${response.status}`);
    },
  }),
});
