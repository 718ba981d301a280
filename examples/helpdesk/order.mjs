/** What the shop sends, ready to send: the service knows no templates. Odd on purpose, so that a changed byte shows. */
export function orderConfirmation(number) {
  const subject = `Your order ${number} – thank you, Zoë! ✓`;
  const text = [
    'Hello Zoë,',
    '',
    `we are packing order ${number}: 2 × "Grüner Tee", 1 × 抹茶, 24,90 €.`,
    '',
    '.a line that begins with a dot, and one with = signs and a tab\there =E2=82=AC',
    `From the corner shop. ${'One very long line. '.repeat(60).trim()}`,
    '',
    'Your corner shop 🫖',
    '',
  ].join('\n');
  const html = [
    '<!doctype html>',
    `<html lang="en"><body style="font-family:'Segoe UI',sans-serif">`,
    `<h1>Order ${number} &amp; thank you, Zoë</h1>`,
    '<p>2 × „Grüner Tee“, 1 × 抹茶: <b>24,90&nbsp;€</b> <a href="https://shop.example/o?a=1&amp;b=%20">see it</a></p>',
    `<!-- ${'x'.repeat(2_000)} -->`,
    '</body></html>',
    '',
  ].join('\n');
  return {
    websocket: {
      event: 'order.confirmed',
      title: `Order ${number} is confirmed`,
      body: 'We are packing it.',
      data: { order: number, total: { amount: 24.9, currency: 'EUR' } },
    },
    email: {
      subject,
      text,
      html,
      from: 'orders@shop.example',
      replyTo: 'help@shop.example',
      headers: { 'X-Order': number },
    },
  };
}
