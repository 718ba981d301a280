// What is to be done when an order is paid: this is all that connects the payment provider with rooms and mail.

const SESSION = 'payload.data.object';
const total = `join(' ', [to_string(${SESSION}.amount_total), upper(${SESSION}.currency)])`;

/** In their order, each once however often the event comes. Expressions are JMESPath over `{event, payload, headers, steps}`. */
export const whenPaid = [
  {
    type: 'createRoom',
    id: 'room',
    when: `${SESSION}.payment_status == 'paid'`,
    params: {
      type: 'support',
      name: { $: `join(' ', ['Order', ${SESSION}.metadata.order])` },
      createdBy: 'shop',
      members: [{ $: `${SESSION}.client_reference_id` }],
      metadata: { order: { $: `${SESSION}.metadata.order` } },
    },
  },
  {
    type: 'sendMessage',
    id: 'greeting',
    when: 'steps.room',
    params: {
      roomId: { $: 'steps.room.id' },
      senderId: 'shop',
      content: {
        $: `join('', ['Thank you! Order ', ${SESSION}.metadata.order, ' is paid; ask us anything about it here.'])`,
      },
    },
  },
  {
    type: 'sendNotification',
    id: 'confirmation',
    when: 'steps.room',
    params: {
      to: [{ userId: { $: `${SESSION}.client_reference_id` } }],
      channels: {
        websocket: {
          event: 'order.paid',
          title: { $: `join(' ', ['Order', ${SESSION}.metadata.order, 'is paid'])` },
          data: { roomId: { $: 'steps.room.id' } },
        },
        push: { title: { $: `join(' ', ['Order', ${SESSION}.metadata.order])` }, body: 'We have your payment.' },
        email: {
          from: 'orders@shop.example',
          subject: { $: `join(' ', ['Order', ${SESSION}.metadata.order, 'is paid'])` },
          text: {
            $: `join('', ['Hello ', ${SESSION}.customer_details.name, ', we have your payment of ', ${total}, ' cents.'])`,
          },
        },
      },
      tags: ['order'],
    },
  },
];
