import { connect } from "amqplib";

let channel;

export async function open() {
  const connection = await connect(process.env.AMQP_URL);
  channel = await connection.createConfirmChannel();
}

/** Not awaited by its callers: an order must not wait for the broker. */
export async function publish(topic, message) {
  const body = Buffer.from(JSON.stringify(message));
  await send(topic, body);
}

function send(topic, body) {
  return new Promise((resolve, reject) => {
    channel.publish("shop", topic, body, { persistent: true }, (error) => (error ? reject(error) : resolve()));
  });
}
