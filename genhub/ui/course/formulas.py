"""What a line of the course says beside its first sentence: a second one, and the formula behind it, in plain letters.

MORE["Temperature"]  →  ("Below 0.1 it is nearly greedy…", "p(i) = exp(zᵢ/T) / Σⱼ exp(zⱼ/T)")
"""

MORE: dict[str, tuple[str, str]] = {
    # Transfer learning and adapters
    "Transfer learning": (
        "What was learnt from much source data is a better start than random weights when target data is scarce.",
        "θ* = argmin Σ ℓ(g_φ(f_θ(x)), y), beginning at θ = θ_pretrained",
    ),
    "Freeze, then fine-tune": (
        "A head that still guesses would send large gradients through the base and spoil it.",
        "first ∂ℓ/∂φ alone, then ∂ℓ/∂(θ, φ) with a rate of 1e-5",
    ),
    "Adapters": (
        "LoRA writes the change of a matrix as a product of two narrow ones; a bottleneck puts two small layers behind each block.",
        "W′ = W + (α/r)·B·A,   h′ = h + U·σ(D·h)",
    ),
    # Attention and transformers
    "Scaled dot-product attention": ("Dividing by √d keeps the scores of long vectors out of softmax's flat ends.", "softmax(Q·Kᵀ/√d)·V"),
    "Multi-head attention": (
        "Each head projects to fewer dimensions, so that all together cost as much as one.",
        "concat(head₁, …, head_h)·W_O,   headᵢ = attention(Q·Wᵢ^Q, K·Wᵢ^K, V·Wᵢ^V)",
    ),
    "Attention between encoder and decoder": (
        "One fixed vector no longer has to hold the whole sentence.",
        "c_t = Σᵢ α_{t,i}·hᵢ^enc,   α_t = softmax(score(h_{t−1}^dec, h^enc))",
    ),
    "Masked attention: BERT and GPT side by side": (
        "A mask adds −∞ to the scores of what may not be seen, and softmax makes zeros of them.",
        "softmax((Q·Kᵀ + M)/√d)·V,   M_{ij} = −∞ for j > i",
    ),
    "Positional encoding": (
        "A shift of the position is a rotation of each pair of dimensions, whatever the position.",
        "PE(t, 2i) = sin(t/10000^{2i/d}),   PE(t, 2i+1) = cos(t/10000^{2i/d})",
    ),
    "Attention treats a text as a set": (
        "Only what is added to the embeddings tells first from last.",
        "attention(P·X) = P·attention(X) for every permutation P",
    ),
    "BERT: three embeddings": (
        "The sum is normalised; nothing else tells the first layer where a token stands.",
        "x_t = E_token(w_t) + E_position(t) + E_segment(s_t)",
    ),
    "A stack of blocks: the logit lens": (
        "The head can be asked after every block, not after the last alone.",
        "h_{l+1} = h_l + f_l(h_l),   p_l = softmax(W·norm(h_l))",
    ),
    "Fine-tuning BERT for sentences": (
        "The vector is that of the first token, or the mean of all.",
        "p = softmax(W·pool(h₁, …, h_T) + b),   ℓ = −log p_y",
    ),
    "GPT: fine-tuning": (
        "Held-out text says whether it learns to write so, or learns the text by heart.",
        "ℓ = −(1/T)·Σ log p(w_t | w_{<t})",
    ),
    "What was looked at, and what was used": (
        "Looking is a correlation; taking something away and watching the answer is a cause.",
        "Δ_i = log p(y | x) − log p(y | x without xᵢ)",
    ),
    "Attention as explanation, and its limits": (
        "Integrated gradients add up how the answer changes on the way from an empty text to this one.",
        "IGᵢ = (xᵢ − x′ᵢ)·∫₀¹ ∂f(x′ + a·(x − x′))/∂xᵢ da",
    ),
    # Text with recurrent networks
    "Words and sub-words": (
        "Byte-pair encoding joins the most frequent pair of pieces, again and again.",
        "merge argmax_{(a,b)} count(a b)",
    ),
    "Sentiment with a sentence encoder": (
        "The encoder may stay frozen, or learn as well, as the slides' `trainable=True` does.",
        "p = softmax(W₂·relu(W₁·e(x)))",
    ),
    "The next token": ("The chain rule makes probabilities of whole texts of them.", "p(w₁, …, w_T) = Π p(w_t | w₁, …, w_{t−1})"),
    "Character RNN on plays": (
        "One state of 128 numbers has to hold all that was read.",
        "h_t = GRU(e(w_t), h_{t−1}),   p = softmax(W·h_t + b)",
    ),
    "Stateless and stateful training": ("Gradients end at the window's edge either way.", "h₀ = 0   or   h₀ = h_T of the window before"),
    "Limits of recurrence": (
        "What is far away has passed through as many steps as it is far, and step t waits for step t − 1.",
        "∂h_T/∂h_1 = Π ∂h_t/∂h_{t−1}",
    ),
    "Greedy decoding repeats itself": ("Each repetition makes the next one more probable.", "w_t = argmax p(w | w_{<t})"),
    "Temperature": ("0.01 is all but greedy; at 100 every token is nearly as probable as any other.", "p(i) = exp(zᵢ/T) / Σⱼ exp(zⱼ/T)"),
    "Top-k sampling": (
        "The same number stands where one token is sure and where a hundred would do.",
        "p′(i) ∝ p(i) for the k largest, else 0",
    ),
    "Nucleus sampling": ("The number of tokens follows from how sure the model is.", "smallest V with Σ_{i∈V} p(i) ≥ p"),
    "Ways of choosing, side by side": (
        "People write neither the most probable nor what chance alone would give.",
        "distinct-n = different n-grams / n-grams",
    ),
    "Beam search": ("A beginning that looked worse at first may win.", "score(y) = Σ log p(y_t | y_{<t}) / |y|^α"),
    "Encoder and decoder": (
        "Sentences longer than those it learnt from do not fit into the vector.",
        "c = h_T^enc,   p(y_t) = softmax(W·h_t^dec),   h_t^dec = LSTM(y_{t−1}, h_{t−1}^dec)",
    ),
    "Beam search for a translation": (
        "The slides' “me gustan los …” is left behind when its end turns out dear.",
        "argmax_y Σ log p(y_t | y_{<t}, x) / |y|^α",
    ),
    "BLEU and chrF": (
        "Other good translations share fewer: they are lower bounds, and chance decides their last point.",
        "BLEU = BP·exp(Σ ¼·log p_n),   chrF = (1 + β²)·P·R/(β²·P + R)",
    ),
    "A translator for one field": (
        "What it knew of everyday sentences is measured again, so that forgetting is seen.",
        "W′ = W + (α/r)·B·A",
    ),
    "Perplexity and bits": (
        "A perplexity of 8 is the doubt between eight equally probable tokens.",
        "ppl = 2^H,   H = −(1/T)·Σ log₂ p(w_t | w_{<t})",
    ),
    # Autoencoders
    "A linear autoencoder is PCA": ("The plane is the same; the axes in it may be turned.", "min ‖X − X·W·Wᵀ‖²"),
    "Stacked autoencoders": ("Layers between make curved surfaces of planes.", "x̂ = f₄(f₃(f₂(f₁(x)))),   ℓ = ‖x − x̂‖²"),
    "Tied weights": ("Half the parameters, and one thing less that can go wrong.", "x̂ = σ(Wᵀ·σ(W·x + b) + b′)"),
    "One layer at a time": (
        "Each pair has an easy task; that was the way to deep networks before good beginnings were known.",
        "min ‖h_{l−1} − g_l(f_l(h_{l−1}))‖² for l = 1, 2, …",
    ),
    "A deep autoencoder with dropout": (
        "No unit can rely on another one being there, which keeps so many parameters from learning images by heart.",
        "h = selu(W·x + b)·m/(1 − p),   m ~ Bernoulli(1 − p)",
    ),
    "Three layers without activation": ("A product of matrices is a matrix.", "W₃·(W₂·(W₁·x)) = (W₃·W₂·W₁)·x"),
    "Convolutional autoencoders": (
        "The same small filter looks everywhere, so that far fewer parameters do.",
        "h_{i,j} = σ(Σ w_{a,b}·x_{i+a, j+b})",
    ),
    "Recurrent autoencoders": ("Rows are time steps: 28 of 28 numbers each.", "c = LSTM(x₁, …, x₂₈),   x̂_t = W·LSTM(c, …, c)_t"),
    "Denoising": ("It cannot copy, so it has to know what images look like.", "ℓ = ‖x − g(f(x + ε))‖²"),
    "Sparse codes by an L1 penalty": (
        "A few numbers then say something each, instead of all of them a little.",
        "ℓ + λ·Σ|hᵢ|",
    ),
    "Sparse codes by a target (KL)": (
        "Over many images every unit has its turn; in one image few have.",
        "ℓ + λ·Σ KL(ρ ‖ ρ̂ᵢ),   ρ = 0.1",
    ),
    # Variational autoencoders
    "A dense VAE": ("Drawing z as μ + σ·ε lets gradients through the draw.", "ℓ = ‖x − x̂‖² + KL(N(μ, σ²) ‖ N(0, 1)),   z = μ + σ·ε"),
    "A convolutional VAE with two dimensions": ("Two numbers are few: what does not fit is blurred.", "KL = ½·Σ(μ² + σ² − log σ² − 1)"),
    "β, and the slides' 0.04": (
        "A number of the code that does not pay for its bits is given up.",
        "ELBO_β = E[log p(x|z)] − β·KL(q(z|x) ‖ p(z))",
    ),
    "Conditional generation": ("What the class says need not be in the code.", "q(z|x, y),   p(x|z, y)"),
    "Averaged pixels, summed KL": ("With 784 pixels the mean is 784 times smaller than the sum.", "(1/784)·Σ(x − x̂)² + KL"),
    "Drawing from the latent space": ("Training pulled the codes of images towards just this distribution.", "z ~ N(0, T²),   x ~ p(x|z)"),
    "Interpolation": ("Where codes lie close together, images on the way are images.", "g((1 − t)·z₁ + t·z₂)   or   (1 − t)·x₁ + t·x₂"),
    "Independent dimensions": ("A large β makes numbers pay for what another one says already.", "KL(q(z) ‖ Π q(zᵢ)) → 0"),
    "Vector arithmetic on mean codes": (
        "The slides take glasses off one face and put them on another in this way; here it is sleeves.",
        "x = g(z̄_A − z̄_B + z̄_C),   z̄_A = mean of f(x) over class A",
    ),
    "A sketch that is encoded": (
        "What the model has never seen in an image is not in its code either, so it does not come back.",
        "z = f(sketch),   x̂ = g(z)",
    ),
    "Outliers": ("The bound on log p(x) says the same in nats.", "error(x) = ‖x − g(f(x))‖²"),
    "An autoencoder does not draw": (
        "Nothing ever asked its codes to lie where one would draw them.",
        "z ~ N(mean, covariance of the codes),   x = g(z)",
    ),
    # Generative adversarial networks
    "Generator and discriminator": (
        "First D learns on half real, half fake images, then G through a D that is frozen.",
        "min_G max_D E[log D(x)] + E[log(1 − D(G(z)))]",
    ),
    "A small dense GAN": (
        "Few parameters in both, so that it takes seconds where others take minutes.",
        "G: z → 100 → 150 → 784,   D: 784 → 150 → 100 → 1",
    ),
    "A convolutional GAN": (
        "From a dense layer of 3·3·10 numbers the picture grows by transposed convolutions.",
        "G: z → 3×3×10 → 32 → 16 → 1",
    ),
    "DCGAN's five rules": (
        "They are why GANs of convolutions train at all (Radford et al. 2016).",
        "G ends in tanh, D in one logit; batch norm between",
    ),
    "A discriminator that is too strong": (
        "Where D is sure, log(1 − D(G(z))) is flat and G learns nothing.",
        "∂ log(1 − D(G(z)))/∂G → 0 for D(G(z)) → 0",
    ),
    "Label smoothing and label noise": (
        "Sure answers are what makes its gradients vanish.",
        "ℓ_D = −0.9·log D(x) − 0.1·log(1 − D(x)) − log(1 − D(G(z)))",
    ),
    "Mode collapse": (
        "The loss of both can look well meanwhile: coverage says it.",
        "coverage = share of real images with a drawn one among their nearest",
    ),
    "Experience replay": ("It cannot be fooled twice by the same trick.", "fakes = ½ new G(z), ½ from the buffer"),
    "Mini-batch standard deviation": ("One more channel holds that one number.", "s = mean over pixels of std over the batch"),
    "Wasserstein loss": (
        "The critic's difference falls as images get better: a loss that says something.",
        "max_f E[f(x)] − E[f(G(z))] − λ·E[(‖∇f‖ − 1)²]",
    ),
    "Whose turn it is": ("The other one is frozen meanwhile.", "D ← D + η·∂V/∂D,   then   G ← G − η·∂V/∂G"),
    "The discriminator's view": (
        "A share of one half right is chance: then the drawn ones cannot be told.",
        "D*(x) = p_data(x) / (p_data(x) + p_G(x))",
    ),
    "Conditional GANs": ("An image of the wrong class is a fake, however good.", "min_G max_D E[log D(x, y)] + E[log(1 − D(G(z, y), y))]"),
    "Synthetic data": (
        "Whether it helps is measured on real images that nobody has drawn.",
        "(x, y) with y given, z ~ N(0, 1), x = G(z, y)",
    ),
    # Diffusion
    "Taking noise away": (
        "The way back is taken in as many steps as you like, with noise added again at each or without.",
        "x_t = √ᾱ_t·x₀ + √(1 − ᾱ_t)·ε,   ℓ = ‖ε − ε_θ(x_t, t)‖²",
    ),
    "Guidance": ("More of it: surer images, and fewer kinds of them.", "ε = ε_θ(x) + w·(ε_θ(x, y) − ε_θ(x))"),
    # Transfer learning on images
    "A new head on a frozen base": (
        "Global average pooling makes one vector of the last maps; drop-out of 0.2 stands before the dense layer.",
        "p = softmax(W·drop(mean_{i,j} f(x)_{i,j}))",
    ),
    "Fine-tuning in small steps": ("The slides take 1e-5 and two epochs each.", "θ ← θ − 1e-5·∂ℓ/∂θ"),
    "LoRA on convolutions": ("A convolution to r maps and a 1 × 1 convolution back.", "W′ = W + (α/r)·B∗A"),
    "What the base is worth": (
        "The difference is paired: both answered the same images.",
        "gain = accuracy(pretrained) − accuracy(from drawn weights)",
    ),
    # Data and its bias
    "Learned bias in data": (
        "Rows in which the short cut points the other way show it, and cure it.",
        "p(y | short cut) instead of p(y | meaning)",
    ),
    # Data augmentation
    "Images: the slides' chain": ("Mirrored borders fill what a shift uncovers.", "x′ = contrast(zoom(turn(move(flip(x)))))"),
    "Images: noise and blur": (
        "They are what a bad camera does, so a model that has seen them is not surprised by one.",
        "x′ = x + σ·ε,   x′ = x ∗ k,   ε ~ N(0, 1)",
    ),
    "Images: all operations, or one of many": (
        "One alone leaves an image nearer to what it was; all together show more that is new.",
        "x′ = T₆(…T₁(x))   or   x′ = T_k(x),   k drawn for each image",
    ),
    "Replace the rows, or add to them": (
        "With the rows beside them a variant that has gone wrong does less harm.",
        "{T(x)}   or   {x} ∪ {T(x)}",
    ),
    "Where a label breaks": ("A 6 that is turned by 180 degrees is a 9.", "p(y | T_a(x)) over the strength a"),
    "Texts": (
        "Similar words come from embeddings, words in context from a masked language model, whole sentences from a translator and back.",
        "w′ = argmax_{v≠w} cos(e_v, e_w)",
    ),
    "Texts: there and back": (
        "What two languages say in the same way stays; only the wording of the rest changes.",
        "x′ = translate_es→en(translate_en→es(x))",
    ),
    "Texts: noise on the embeddings": (
        "The slides add the noise inside the network; a text that people can read needs a word again.",
        "w′ = argmin_v ‖e_v − (e_w + σ·‖e_w‖·ε/√d)‖",
    ),
    "Tables: SMOTE": (
        "Thin lines on the scatter lead to the two rows that each new one lies between.",
        "x′ = xᵢ + u·(x_neighbour − xᵢ),   u ~ U(0, 1)",
    ),
    "Tables: SMOTE-NC": (
        "For the distance a category that differs counts as much as the median deviation of the numbers.",
        "x′_c = the most frequent of x_c among the k neighbours,   d² = Σ(x − y)² + n·med²",
    ),
    "Tables: ADASYN": (
        "The new rows are shared out by how foreign each row's neighbourhood is; each lies between neighbours as SMOTE's do.",
        "gᵢ ∝ rᵢ = share of other classes among the k neighbours of xᵢ",
    ),
    "Does it help?": (
        "The splits overlap, so that the interval has to be wider than that of independent runs.",
        "d̄ ± t·√((1/n + n_test/n_train)·s²)",
    ),
    "Scarce data": ("The slides' example is medical: few patients, many drawn images.", "train on {(x, y)} ∪ {(G(z, y), y)}"),
    "Masked language model": (
        "80 % of the gaps are masked, 10 % hold a random token, 10 % stay.",
        "ℓ = −Σ_{t∈gaps} log p(w_t | the text with its gaps)",
    ),
}
