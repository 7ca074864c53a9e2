"""The recurrent autoencoder of the course: an image is a sequence of rows, read by LSTMs into one state and written by another.

    encoder  LSTM 100 over the rows, LSTM 30, of which the last state is the code
    decoder  the code once for every row, LSTM 100, a dense layer to a row

After Géron, “Hands-On Machine Learning”, chapter 17. Keras counts one bias a gate, PyTorch has two that do the same: the second is held
at zero here, so that the numbers of parameters are those of the book.
"""

import torch
from torch import nn

from genhub.images.coder import Coder, Shape, Terms, squared_error

STATES = 100


class RecurrentAutoencoder(Coder):
    def __init__(self, shape: Shape, coding: int = 30, states: int = STATES):
        super().__init__(shape, coding)
        row = shape.channels * shape.width
        self.encoder = nn.ModuleList([_lstm(row, states), _lstm(states, coding)])
        self.decoder = nn.ModuleList([_lstm(coding, states), nn.Linear(states, row)])

    def code(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        rows = x.transpose(1, 2).flatten(2)  # (B, H, C·W)
        for layer in self.encoder:
            rows, (state, _) = layer(rows)
        return state[0]

    def pixels(self, z: torch.Tensor) -> torch.Tensor:
        """(B, coding) → (B, C, H, W) as the last layer gives it."""
        lstm, dense = self.decoder
        states, _ = lstm(z[:, None].expand(-1, self.shape.height, -1))
        return dense(states).unflatten(2, (self.shape.channels, self.shape.width)).transpose(1, 2)

    def decode(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        return self.pixels(z).clamp(0, 1)

    def terms(self, x: torch.Tensor, y: torch.Tensor | None = None) -> Terms:
        return {"reconstruction": squared_error(x, self.pixels(self.code(x)))}


def _lstm(inputs: int, states: int) -> nn.LSTM:
    layer = nn.LSTM(inputs, states, batch_first=True)
    with torch.no_grad():
        nn.init.zeros_(layer.bias_ih_l0)
        layer.bias_ih_l0[states : 2 * states] = 1.0  # the forget gate begins open (Jozefowicz et al. 2015)
        nn.init.zeros_(layer.bias_hh_l0)
        for gate in layer.weight_hh_l0.chunk(4):
            nn.init.orthogonal_(gate)
        nn.init.xavier_uniform_(layer.weight_ih_l0)
    layer.bias_hh_l0.requires_grad_(False)
    return layer
