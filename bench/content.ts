/** What a message of a conversation usually is: a sentence or two. */
export const CONTENT = 'Where is my parcel? It was to be here on Tuesday, and the tracking page has not moved since.';

/** A short transactional mail. */
export const EMAIL = {
  subject: 'Your order 4711',
  text: 'Thank you for your order. We are packing it and will tell you when it leaves.',
  html: '<p>Thank you for your order.</p><p>We are packing it and will tell you when it leaves.</p>',
} as const;

/** Where the body of a numbered request has its number. */
export const NUMBER_HERE = '##########';
