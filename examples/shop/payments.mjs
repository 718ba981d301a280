// The payment provider, as far as the shop sees it: it posts events, signed as Stripe signs them, by Stripe's own library.
import Stripe from 'stripe';

/** `checkout.session.completed`, as Stripe has it: https://docs.stripe.com/api/checkout/sessions/object */
export const orderPaid = ({ eventId, order, customer, cents }) => ({
  id: eventId,
  object: 'event',
  type: 'checkout.session.completed',
  created: Math.floor(Date.now() / 1_000),
  livemode: false,
  data: {
    object: {
      object: 'checkout.session',
      client_reference_id: customer.userId,
      payment_status: 'paid',
      amount_total: cents,
      currency: 'eur',
      customer_details: { email: customer.email, name: customer.displayName },
      metadata: { order },
    },
  },
});

/** @returns {Promise<{ status: number, body: object }>} what it is answered */
export async function post(url, event, secret) {
  const payload = JSON.stringify(event, null, 2); // as Stripe writes it
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
  const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
  const response = await fetch(url, { method: 'POST', headers, body: payload, signal: AbortSignal.timeout(10_000) });
  return { status: response.status, body: await response.json() };
}
